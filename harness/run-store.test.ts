import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema } from './config.ts';
import { createMask } from './mask.ts';
import { identityOf, isAlive } from './process-identity.ts';
import { readRun } from './read-run.ts';
import { lockRuns } from './run-lock.ts';
import { createRun, pruneRuns, type RunHeader, SCHEMA_VERSION } from './run-store.ts';
import { createVerdict } from './verdict.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shakedown-runs-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const header = (overrides: Partial<RunHeader> = {}): Omit<RunHeader, 'runId'> => ({
  schemaVersion: SCHEMA_VERSION,
  command: 'gate',
  argv: ['gate', '--token=hunter22'],
  startedAt: '2026-11-23T04:26:48.123Z',
  seed: 1,
  tool: { name: 'shakedown', version: '0' },
  projectRoot: folder,
  node: { version: process.version, path: process.execPath },
  host: { name: 'h', platform: 'linux', release: '6', arch: 'x64', cpus: 2, memoryBytes: 1 },
  writer: identityOf(process.pid) ?? { pid: process.pid },
  ...overrides,
});
const newRun = (overrides: Partial<RunHeader> = {}) =>
  createRun(folder, header(overrides), configSchema.parse({}), createMask({ MY_SECRET: 'hunter22' }));
const verdict = createVerdict({
  stage: 'soak',
  check: 'exit-code',
  subject: 'restart-loop',
  outcome: 'fail',
  message: 'exited with hunter22',
  startedAt: '2026-11-23T04:26:50.000Z',
});
/** The identity of a process that has ended. */
const deadProcess = async () => {
  const child = spawn(process.execPath, ['-e', '']);
  const identity = identityOf(child.pid as number);
  await once(child, 'exit');
  if (identity === undefined) throw new Error('the child ended before it could be identified');
  return identity;
};

describe('run store', () => {
  it('writes as it goes, masks what it writes, and points latest at the run', () => {
    const run = newRun();
    run.recordVerdict(verdict);
    run.stageFiles('soak').appendText('service.log', 'the value hunter22\n');
    expect(readlinkSync(join(folder, 'latest'))).toBe('20261123T042648Z-gate');
    const everything = ['run.json', 'stages/soak/verdicts.ndjson', 'stages/soak/service.log']
      .map((file) => readFileSync(join(run.folder, file), 'utf8'))
      .join('');
    expect(everything).not.toContain('hunter22');
    expect(everything).toContain('exited with ***');
    expect(readFileSync(join(folder, '.gitignore'), 'utf8')).toBe('*\n');
  });

  it('gives a second run of the same second a folder of its own', () => {
    expect([newRun().header.runId, newRun().header.runId]).toEqual([
      '20261123T042648Z-gate',
      '20261123T042648Z-gate-2',
    ]);
  });

  it('tells a finished run, one that still runs, and one that was cut off apart', async () => {
    const running = newRun();
    running.recordVerdict(verdict);
    expect(readRun(running.folder)).toMatchObject({
      state: 'running',
      verdicts: [{ check: 'exit-code' }],
      damages: [],
    });
    running.finish({ endedAt: '', durationMs: 1, outcome: 'fail', exitCode: 1, stages: [], problems: [] });
    expect(readRun(running.folder).state).toBe('finished');
    expect(readRun(newRun({ writer: await deadProcess() }).folder).state).toBe('cut off');
  });

  it('keeps what can be read of a damaged verdict file and says what cannot', () => {
    const run = newRun();
    run.recordVerdict(verdict);
    appendFileSync(join(run.folder, 'stages/soak/verdicts.ndjson'), '{"stage":"so');
    const stored = readRun(run.folder);
    expect(stored.verdicts).toHaveLength(1);
    expect(stored.damages[0]).toContain('cut off after 12 characters');
  });

  it.each([
    ['no run at all', '{}'],
    ['another schema', '{"schemaVersion":99,"tool":{"version":"9"}}'],
  ])('refuses %s in one sentence', (_name, text) => {
    if (text !== '{}') writeFileSync(join(folder, 'run.json'), text);
    expect(() => readRun(folder)).toThrow(/is not a run|schema version 99/);
  });

  it('prunes the oldest runs and never the current one', () => {
    for (const second of ['01', '02', '03', '04']) newRun({ startedAt: `2026-11-23T04:26:${second}.000Z` });
    expect(pruneRuns(folder, 2, '20261123T042604Z-gate')).toEqual([
      '20261123T042601Z-gate',
      '20261123T042602Z-gate',
    ]);
    expect(readdirSync(folder).filter((name) => name.endsWith('-gate'))).toHaveLength(2);
  });
});

describe('lock', () => {
  it('keeps a second run out while the first lives, and names it', () => {
    const release = lockRuns(folder);
    expect(() => lockRuns(folder)).toThrow(`process ${process.pid}`);
    release();
    lockRuns(folder)();
    expect(existsSync(join(folder, '.lock'))).toBe(false);
  });

  it('is taken over from a dead owner, also when its pid lives again in another process', async () => {
    writeFileSync(join(folder, '.lock'), JSON.stringify({ ...(await deadProcess()), since: 'then' }));
    lockRuns(folder)();
    writeFileSync(
      join(folder, '.lock'),
      JSON.stringify({ pid: process.pid, startTicks: '1', since: 'then' }),
    );
    lockRuns(folder)();
  });

  it('survives a damaged lock file', () => {
    writeFileSync(join(folder, '.lock'), '{"pi');
    lockRuns(folder)();
  });
});

describe('process identity', () => {
  it('tells a living process from one that ended', async () => {
    expect(isAlive(identityOf(process.pid) ?? { pid: 0 })).toBe(true);
    expect(isAlive(await deadProcess())).toBe(false);
  });
});
