/** Companions as a user meets them: the program run on projects with one, well behaved and otherwise. */
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deadlineIn, poll } from '../harness/deadline.ts';
import { readRun } from '../harness/read-run.ts';
import {
  createProject,
  latestRun,
  MISBEHAVING,
  type Outcome,
  processesOf,
  type Project,
  runProgram,
  startProgram,
} from './testing/project.ts';

const COMPANION = {
  name: 'exchanges',
  command: ['node', 'moods/companion.js', '{port:control}', '{port:alpha}'],
  ports: ['control', 'alpha'],
  readiness: { http: '/ready', port: 'control' },
  readyWithinMs: 5_000,
  complaints: { http: '/unserved', port: 'control', pointer: '/unserved' },
};

const MOODS = {
  companion: 'exchanges',
  subjects: ['alpha'],
  moods: ['healthy', 'silent'],
  set: { port: 'control', path: '/{subject}/mood', body: { mood: '{mood}' } },
  reset: { port: 'control', path: '/moods', body: { mood: 'healthy' } },
  struck: { port: 'control', path: '/{subject}', pointer: '/struck' },
  truth: {
    path: '/status',
    pointer: '/exchanges/0/status',
    withinMs: 3_000,
    says: { healthy: ['connected'], silent: ['down'] },
  },
  holdMs: 50,
};

/** A companion in one line: `control` is its server, for better or worse. */
const inline = (text: string): object => ({
  command: ['node', '--eval', text, '{port:control}', '{port:alpha}'],
  complaints: undefined,
});
const READY = `require('node:http').createServer((q, r) => r.end('[]')).listen(Number(process.argv[1]), '127.0.0.1')`;

function project(service = 'honest', companion: object = {}, config: object = {}): Project {
  const made = createProject([join(MISBEHAVING, 'moods')]);
  made.write('package.json', '{"type":"module","private":true}');
  const value = {
    companions: [{ ...COMPANION, ...companion }],
    service: {
      command: ['node', `moods/${service}.js`],
      node: process.execPath,
      env: { PORT: '{port}', ALPHA_URL: '{exchanges.alpha}' },
      readiness: { http: '/health' },
    },
    routes: false,
    deployment: false,
    soak: { cycles: 1, load: false, scenarios: ['restart-loop'] },
    ...config,
  };
  made.write('shakedown.config.mjs', `export default ${JSON.stringify(value)};\n`);
  return made;
}

const stagesOf = ({ summary }: Outcome): string[] =>
  summary?.stages.map(({ name, outcome }) => `${name} ${outcome}`) ?? [];
const findingsOf = ({ summary }: Outcome): string[] =>
  summary?.findings.map(({ stage, check, outcome }) => `${outcome} ${stage}/${check}`) ?? [];

/** Companions that go wrong, and what the run makes of it. */
const TROUBLES: [what: string, companion: object, exitCode: number, findings: string[], message: RegExp][] = [
  [
    'is not ready in time',
    { ...inline(`console.log('waiting for alpha'); setInterval(() => {}, 1000)`), readyWithinMs: 500 },
    3,
    [
      'unknown companions/companion-ready',
      'unknown companions/companion-stayed-up',
      'unknown soak/stage-completed',
    ],
    /was not ready.*waited 500 ms.*last lines of its log: waiting for alpha/,
  ],
  [
    'exits at its start',
    inline(`console.error('no licence'); process.exitCode = 4`),
    3,
    [
      'unknown companions/companion-ready',
      'unknown companions/companion-stayed-up',
      'unknown soak/stage-completed',
    ],
    /exited with code 4 before it was ready; last lines of its log: no licence/,
  ],
  [
    'dies while it is needed',
    inline(
      `${READY}; require('node:http').createServer(() => { console.error('out of cheese'); process.exit(7) })
        .listen(Number(process.argv[2]), '127.0.0.1')`,
    ),
    3,
    ['unknown companions/companion-stayed-up'],
    /ended while it was needed, with code 7; last lines of its log: out of cheese/,
  ],
  [
    'does not stop',
    { ...inline(`${READY}; process.on('SIGTERM', () => {})`), exitWithinMs: 300 },
    3,
    ['unknown companions/companion-stayed-up'],
    /waited 300 ms for exchanges to exit.*it was killed/,
  ],
  [
    'cannot be asked for its complaints',
    { complaints: { http: '/nowhere', port: 'control' } },
    3,
    ['unknown companions/no-complaints'],
    /complaints could not be read: GET \/nowhere answered 404/,
  ],
  [
    'answers with something other than a list of complaints',
    { complaints: { http: '/alpha', port: 'control', pointer: '/mood' } },
    3,
    ['unknown companions/no-complaints'],
    /expected an array at \/mood, got "healthy"/,
  ],
];

describe('companions', () => {
  it('are started before the service and stopped after it, and its configuration finds them', async () => {
    using made = project();
    const outcome = await runProgram(made, 'soak');
    expect(outcome.exitCode, outcome.stderr).toBe(0);
    expect(stagesOf(outcome)).toEqual(['preflight pass', 'companions pass', 'soak pass']);
    expect(outcome.summary?.stages[1]?.counts.pass).toBe(3);
    const run = latestRun(made) as string;
    expect(readFileSync(join(run, 'stages/companions/exchanges.log'), 'utf8')).toBe('companion ready\n');
    expect(processesOf(made)).toEqual([]);
  });

  it.each(TROUBLES)('one that %s', async (_what, companion, exitCode, findings, message) => {
    // A service that asks nobody: what goes wrong is the companion's alone.
    using made = project('honest', companion, {
      soak: { cycles: 3, load: false, scenarios: ['restart-loop'] },
      unavailable: { 'soak/log-clean': 'not what this test is about' },
    });
    const outcome = await runProgram(made, 'soak');
    expect(outcome.stderr).toMatch(message);
    expect(findingsOf(outcome)).toEqual(findings);
    expect(outcome.exitCode, outcome.stderr).toBe(exitCode);
    expect(processesOf(made)).toEqual([]);
  });

  it('that complain fail the run, each complaint in the message', async () => {
    using made = project('asks-another-path');
    const outcome = await runProgram(made, 'soak');
    expect(outcome.stderr).toContain('1 complaints: GET /ticker');
    expect(findingsOf(outcome)).toEqual(['fail companions/no-complaints']);
    expect(outcome.exitCode, outcome.stderr).toBe(1);
  });

  it.each([
    ['a folder that is not there', { cwd: 'nowhere' }, /companions\.exchanges\.cwd: no folder at/],
    [
      'a Node that is not there',
      { node: './no-node' },
      /companions\.exchanges\.node: no program "\.\/no-node"/,
    ],
    [
      'a name that nothing defines',
      { name: 'peers' },
      /service\.env\.ALPHA_URL.*there is no companion "exchanges"/,
    ],
  ])('with %s are a mistake in the configuration', async (_what, companion, message) => {
    using made = project('honest', companion);
    const outcome = await runProgram(made, 'soak');
    expect(outcome.stderr).toMatch(message);
    expect(outcome.exitCode, outcome.stderr).toBe(2);
    expect(processesOf(made)).toEqual([]);
  });

  it('run by themselves when asked for, and not for stages that need no service', async () => {
    using made = project();
    const alone = await runProgram(made, 'gate', '--stage', 'companions');
    expect(stagesOf(alone)).toEqual(['companions pass']);
    expect(alone.exitCode, alone.stderr).toBe(0);
    const source = await runProgram(made, 'gate', '--stage', 'preflight');
    expect(stagesOf(source)).toEqual(['preflight pass']);
    expect(source.summary?.skipped.map(({ subject }) => subject)).toContain('companions');
    made.write(
      'shakedown.config.mjs',
      'export default { service: { command: ["node", "x.js"], readiness: { log: "x" } } };',
    );
    const none = await runProgram(made, 'gate', '--stage', 'companions');
    expect(none.stderr).toContain('--stage companions: the configuration has no "companions"');
    expect(none.exitCode).toBe(2);
  });

  it('are no stage where none is configured', async () => {
    using made = project('honest', {}, { companions: [], service: undefined });
    const outcome = await runProgram(made, 'check');
    expect(stagesOf(outcome).map((text) => text.split(' ')[0])).toEqual(['source']);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGKILL', null],
  ] as const)('do not outlive a gate that ends by %s', async (signal, exitCode) => {
    using made = project('honest', {}, { soak: { cycles: 500, load: false, scenarios: ['restart-loop'] } });
    const program = startProgram(made, ['soak']);
    program.stdout.resume();
    program.stderr.resume();
    const second = await poll(
      () => {
        const path = join(latestRun(made) ?? '', 'stages/soak/observations.ndjson');
        return existsSync(path) && readFileSync(path, 'utf8').includes('"cycle":2') ? true : undefined;
      },
      deadlineIn(40_000, 'the second cycle'),
    );
    expect(second).toMatchObject({ met: true });
    expect(processesOf(made).join()).toContain('companion.js');
    program.kill(signal);
    const [code] = (await once(program, 'close')) as [number | null];
    expect(code).toBe(exitCode);
    const gone = await poll(
      () => (processesOf(made).length === 0 ? true : undefined),
      deadlineIn(5_000, 'every process to be gone'),
    );
    expect(gone, processesOf(made).join('\n')).toMatchObject({ met: true });
    expect(readRun(latestRun(made) as string).state).toBe(signal === 'SIGKILL' ? 'cut off' : 'finished');
  });
});

describe('the scenarios of the soak', () => {
  const soak = {
    cycles: 1,
    load: false,
    moods: MOODS,
    scenarios: ['restart-loop', 'companion-moods'],
  };

  it('run one after the other, with a table, and can be judged again', async () => {
    using made = project('lies', {}, { soak });
    const outcome = await runProgram(made, 'soak');
    expect(outcome.exitCode, outcome.stderr).toBe(1);
    expect(findingsOf(outcome)).toEqual(['fail soak/mood-told']);
    expect(outcome.stderr).toMatch(/Moods of exchanges[^]*alpha +ready[^]*told +connected +✖ connected/);
    // The table stands for the verdicts on the cells; what is not in it is in the list.
    expect(outcome.stderr).toMatch(/^ {2}scenario-complete /m);
    expect(outcome.stderr).not.toMatch(/^ {2}mood-start /m);
    const again = await runProgram(made, 'judge', 'runs/latest');
    expect(again.exitCode, again.stderr).toBe(1);
    expect(again.stderr).toContain('✖ connected');
    const reported = await runProgram(made, 'report', 'runs/latest');
    expect(reported.stderr).toContain('✖ connected');
  });

  it.each([
    ['companion-moods', 'restart-loop', 'moods.ndjson', 'observations.ndjson'],
    ['restart-loop', 'companion-moods', 'observations.ndjson', 'moods.ndjson'],
  ])('run alone: %s; %s is listed as left out', async (chosen, leftOut, there, absent) => {
    using made = project('honest', {}, { soak });
    const outcome = await runProgram(made, 'soak', '--scenario', chosen);
    expect(outcome.exitCode, outcome.stderr).toBe(0);
    const skipped = outcome.summary?.skipped.filter(({ check }) => check === 'scenario-chosen');
    expect(skipped?.map(({ subject }) => subject)).toEqual([leftOut, 'faults']);
    const folder = join(latestRun(made) as string, 'stages/soak');
    expect([existsSync(join(folder, there)), existsSync(join(folder, absent))]).toEqual([true, false]);
    // When nothing was seen of it, it began with the others: a report's first moment is that of its run.
    expect(readFileSync(join(folder, 'verdicts.ndjson'), 'utf8')).not.toContain('"1970-');
    const again = await runProgram(made, 'judge', 'runs/latest');
    expect(again.exitCode, again.stderr).toBe(0);
  });

  it.each([
    [
      ['--scenario', 'companion-moods'],
      { cycles: 1, load: false },
      /--scenario companion-moods: "soak\.moods" is missing/,
    ],
    [['--scenario', 'restart-lop'], soak, /--scenario: .*did you mean restart-loop/],
  ])('that there are not are refused: %j', async (args, config, message) => {
    using made = project('honest', {}, { soak: config });
    const outcome = await runProgram(made, 'soak', ...args);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.exitCode).toBe(2);
  });
});
