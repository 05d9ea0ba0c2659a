/** The whole stage over real services that misbehave, one way each. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import type { UserConfig } from '../harness/config.ts';
import { UsageError } from '../harness/errors.ts';
import type { Observation } from '../harness/observation.ts';
import { RUN_MARK_VARIABLE } from '../harness/stage.ts';
import { carriesVariable, listProcesses } from '../harness/supervisors/proc.ts';
import type { Verdict } from '../harness/verdict.ts';
import { judgeHistory } from './judge-history.ts';
import { soakStage } from './soak-stage.ts';
import { REPOSITORY, createTestContext, fixtureConfig } from './test-context.ts';
import type { TestContext } from './test-context.ts';

const contexts: TestContext[] = [];

afterEach(() => {
  for (const context of contexts.splice(0)) context.remove();
});

function contextFor(config: UserConfig): TestContext {
  const context = createTestContext(config);
  contexts.push(context);
  return context;
}

async function soak(config: UserConfig): Promise<TestContext> {
  const context = contextFor(config);
  await soakStage.run(context);
  expect(carriersOf(context)).toEqual([]);
  return context;
}

function carriersOf({ runMark }: TestContext): number[] {
  return listProcesses()
    .filter(({ pid }) => carriesVariable(pid, RUN_MARK_VARIABLE, runMark))
    .map(({ pid }) => pid);
}

function observationsOf(context: TestContext): Observation[] {
  const text = readFileSync(join(context.files.folder, 'observations.ndjson'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Observation);
}

function worseThanPass(verdicts: readonly Verdict[]): string[] {
  return verdicts
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ outcome, check }) => `${outcome} ${check}`);
}

function one(verdicts: readonly Verdict[], check: string): Verdict | undefined {
  return verdicts.find((verdict) => verdict.check === check);
}

describe('the soak of a healthy service', () => {
  it('passes every judge, with requests on the wire at each signal, and can be judged again from its folder', async () => {
    const config = fixtureConfig('healthy.js');
    const context = await soak({ ...config, soak: { ...config.soak, cycles: 3 } });
    expect(worseThanPass(context.verdicts)).toEqual([]);
    expect(context.verdicts.map(({ check }) => check)).toEqual(soakStage.plan(context.config).checks);
    const strikes = observationsOf(context).filter((fact) => fact.kind === 'signal-sent');
    expect(strikes).toHaveLength(3);
    for (const strike of strikes) expect(strike.kind === 'signal-sent' && strike.inFlight).toBeGreaterThan(0);
    expect(await judgeHistory(context.files.folder, context.config)).toEqual(context.verdicts);
    const strict = { ...context.config, limits: { ...context.config.limits, readyWithinMs: 1 } };
    expect(worseThanPass(await judgeHistory(context.files.folder, strict))).toEqual(['fail became-ready']);
  });

  it('without load needs no port and no HTTP', async () => {
    const text =
      'console.log("up"); const t = setInterval(() => {}, 1000); process.on("SIGTERM", () => clearInterval(t))';
    const command = ['node', '--eval', text];
    const service = { command, port: 'none' as const, readiness: { log: '^up$' } };
    const context = await soak({ service, soak: { cycles: 2, load: false } });
    expect(worseThanPass(context.verdicts)).toEqual([
      'skip port-freed',
      'skip requests-kept',
      'skip unready-when-draining',
    ]);
  });

  it('without a word about load leaves open whether requests are kept', async () => {
    const { service } = fixtureConfig('healthy.js');
    const context = await soak({ ...(service === undefined ? {} : { service }), soak: { cycles: 1 } });
    expect(worseThanPass(context.verdicts)).toEqual(['unknown requests-kept']);
  });
});

describe('the soak of a service that misbehaves', () => {
  it.each([
    ['drops-in-flight.js', ['fail requests-kept', 'fail nothing-left-open']],
    ['answers-503-draining.js', ['fail requests-kept']],
    ['leaks-descriptors.js', ['fail descriptors-stable']],
    ['leaves-child.js', ['fail no-survivors']],
    ['holds-port.js', ['fail port-freed', 'fail no-survivors']],
    ['prints-nothing.js', ['unknown log-clean']],
    ['logs-unhandled-rejection.js', ['fail log-clean', 'fail no-warnings']],
    ['ready-while-draining.js', ['fail unready-when-draining']],
  ])('%s: %j and nothing else', async (file, expected) => {
    const config = fixtureConfig(file);
    const soakConfig = { ...config.soak, settleWithinMs: file.startsWith('leaks') ? 500 : 2_000 };
    const context = await soak({ ...config, soak: soakConfig, limits: { portFreeWithinMs: 500 } });
    expect(worseThanPass(context.verdicts)).toEqual(expected);
  });

  it.each([
    ['ends', 'let-me-in', []],
    ['cuts', 'let-me-in', ['fail streams-ended']],
    ['ends', 'wrong', ['unknown streams-ended']],
  ])('event-streams.js that %s its streams, opened by %s: %j', async (manner, token, expected) => {
    const config = fixtureConfig('event-streams.js');
    const load = config.soak?.load;
    if (!config.service || !load) throw new Error('the fixture has a service and load');
    const { verdicts } = await soak({
      ...config,
      service: { ...config.service, env: { ...config.service.env, ENDS_STREAMS: manner } },
      routes: { identities: { somebody: { token } } },
      soak: { ...config.soak, load: { ...load, streams: [{ path: '/events', as: 'somebody', count: 3 }] } },
    });
    expect(worseThanPass(verdicts)).toEqual(expected);
  });

  it('event-streams.js that never ends its streams does not exit', async () => {
    const config = fixtureConfig('event-streams.js');
    const load = config.soak?.load;
    if (!config.service || !load) throw new Error('the fixture has a service and load');
    const { verdicts } = await soak({
      ...config,
      service: {
        ...config.service,
        exitWithinMs: 1_500,
        env: { ...config.service.env, ENDS_STREAMS: 'never' },
      },
      routes: { identities: { somebody: { token: 'let-me-in' } } },
      soak: { ...config.soak, load: { ...load, streams: [{ path: '/events', as: 'somebody', count: 3 }] } },
    });
    expect(one(verdicts, 'exited-in-time')?.outcome).toBe('fail');
    expect(one(verdicts, 'streams-ended')?.message).toBe('of 3 open event streams 3 never ended in cycle 1');
  });

  it('whoever is to send the load and cannot log in leaves the scenario unknown', async () => {
    const config = fixtureConfig('event-streams.js');
    const load = config.soak?.load;
    if (!load) throw new Error('the fixture has load');
    const { verdicts } = await soak({
      ...config,
      routes: { identities: { somebody: { login: { call: 'POST /events' } } } },
      soak: { ...config.soak, load: { ...load, streams: [{ path: '/events', as: 'somebody' }] } },
    });
    expect(one(verdicts, 'scenario-complete')).toMatchObject({
      outcome: 'unknown',
      message: expect.stringMatching(/no somebody .* cycle 1: POST \/events answered 401/) as string,
    });
    expect(verdicts.filter(({ outcome }) => outcome === 'fail')).toEqual([]);
  });

  it('exits-nonzero.js: its exit code, and its own words', async () => {
    const { verdicts } = await soak(fixtureConfig('exits-nonzero.js'));
    expect(worseThanPass(verdicts)).toEqual(['fail exit-code', 'fail log-clean']);
    expect(one(verdicts, 'exit-code')?.message).toBe('ended by code 3 in cycles 1 and 2; expected code 0');
  });

  it('ignores-sigterm.js: does not exit, is ended, and what was not reached is unknown', async () => {
    const context = await soak(fixtureConfig('ignores-sigterm.js'));
    const { verdicts } = context;
    expect(one(verdicts, 'exited-in-time')).toMatchObject({
      outcome: 'fail',
      message: expect.stringContaining('cycle 1'),
    });
    expect(
      worseThanPass(verdicts).filter((text) => !text.startsWith('unknown')),
      'it stays ready, too, and what holds it is named',
    ).toEqual(['fail exited-in-time', 'fail unready-when-draining', 'fail nothing-left-open']);
    expect(one(verdicts, 'nothing-left-open')?.message).toMatch(/http server .*ignores-sigterm\.js:\d+/);
    expect(one(verdicts, 'scenario-complete')?.message).toMatch(/did not exit in cycle 1/);
  });

  it('exits-at-once.js: is not waited for, and its last words are the reason', async () => {
    const { verdicts } = await soak(fixtureConfig('exits-at-once.js'));
    expect(one(verdicts, 'became-ready')).toMatchObject({
      outcome: 'fail',
      message: expect.stringContaining('DATABASE_URL'),
    });
    expect(verdicts.filter(({ outcome }) => outcome === 'pass')).toEqual([]);
  });

  it('logs-secret.js: its secret is in no file of the run', async () => {
    const config = fixtureConfig('logs-secret.js');
    const secret = 'hunter2hunter2';
    const service =
      config.service === undefined
        ? undefined
        : { ...config.service, env: { PORT: '{port}', API_TOKEN: secret } };
    const context = await soak({ ...config, ...(service === undefined ? {} : { service }) });
    for (const file of ['service.log', 'observations.ndjson']) {
      const text = readFileSync(join(context.files.folder, file), 'utf8');
      expect(text.length).toBeGreaterThan(0);
      expect(text).not.toContain(secret);
    }
    expect(worseThanPass(context.verdicts)).toEqual([]);
  });

  it('a crash under load is its own finding, not a stop', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
    const path = join(folder, 'crashes-under-load.cjs');
    const text = `let n = 0; require('node:http').createServer((q, r) => { if (++n > 60) throw new Error('too many'); r.end('ok') })
      .listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));`;
    writeFileSync(path, text);
    const config = fixtureConfig('healthy.js');
    const service =
      config.service === undefined ? {} : { service: { ...config.service, command: ['node', path] } };
    const { verdicts } = await soak({ ...config, ...service }).finally(() =>
      rmSync(folder, { recursive: true }),
    );
    expect(one(verdicts, 'exit-code')).toMatchObject({
      outcome: 'fail',
      message: expect.stringMatching(/unasked .*Node\.js v/),
    });
    expect(one(verdicts, 'log-clean')?.outcome).toBe('fail');
    expect(one(verdicts, 'scenario-complete')?.outcome).toBe('unknown');
  });
});

describe('the soak stage', () => {
  it('needs a service', async () => {
    expect(soakStage.plan(contextFor({}).config)).toEqual({ checks: [] });
    await expect(soakStage.run(contextFor({}))).rejects.toThrow(UsageError);
    await expect(soakStage.run(contextFor({}))).rejects.toThrow(/^service: /);
  });

  it('refuses a pattern that is no regular expression before it starts anything', async () => {
    const logs = { allow: [{ pattern: '(', reason: 'not a regular expression' }] };
    const context = contextFor({ ...fixtureConfig('healthy.js'), logs });
    await expect(soakStage.run(context)).rejects.toThrow(/^logs\.allow\[0\]\.pattern: /);
    expect(existsSync(join(context.files.folder, 'observations.ndjson'))).toBe(false);
  });

  it('refuses load without a port', async () => {
    const config = fixtureConfig('healthy.js');
    const service =
      config.service === undefined
        ? {}
        : { service: { ...config.service, port: 'none' as const, readiness: { log: 'x' } } };
    await expect(soakStage.run(contextFor({ ...config, ...service }))).rejects.toThrow(/^soak\.load: /);
  });

  it.each([50, 400, 900])(
    'interrupted after %i ms ends what it started, says so, and passes nothing it did not see',
    async (afterMs) => {
      const config = fixtureConfig('healthy.js');
      const context = contextFor({ ...config, soak: { ...config.soak, cycles: 50 } });
      const running = soakStage.run(context);
      await pause(afterMs);
      context.abort();
      await running;
      expect(carriersOf(context)).toEqual([]);
      expect(observationsOf(context).at(-1)).toMatchObject({
        kind: 'scenario-aborted',
        reason: 'interrupted',
      });
      expect(context.verdicts).toHaveLength(soakStage.plan(context.config).checks.length);
      expect(new Set(context.verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['unknown']));
    },
  );

  it.each([700, 1_100, 1_500])('interrupted after %i ms lets the harness end by itself', async (afterMs) => {
    const script = `
      import { createTestContext, fixtureConfig } from './soak/test-context.ts';
      import { soakStage } from './soak/soak-stage.ts';
      const config = fixtureConfig('healthy.js');
      config.soak.load.beforeStopMs = 1_000;
      const context = createTestContext(config);
      setTimeout(() => context.abort(), ${afterMs});
      await soakStage.run(context);
      context.remove();`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      cwd: REPOSITORY,
      stdio: 'inherit',
    });
    const [code, signal] = (await once(child, 'exit', { signal: AbortSignal.timeout(15_000) })) as [
      number,
      string,
    ];
    expect([code, signal]).toEqual([0, null]);
  });

  it('leaves nothing running when the log cannot be written', async () => {
    const context = contextFor(fixtureConfig('healthy.js'));
    const files = {
      ...context.files,
      appendText: () => {
        throw new Error('ENOSPC: no space left on device');
      },
    };
    await expect(soakStage.run({ ...context, files })).rejects.toThrow(
      /output could not be written .*ENOSPC/,
    );
    expect(carriersOf(context)).toEqual([]);
  });

  it('leaves nothing running when an observation cannot be written', async () => {
    const context = contextFor(fixtureConfig('healthy.js'));
    const { appendLine } = context.files;
    let lines = 0;
    const files = {
      ...context.files,
      appendLine: (file: string, value: object) => {
        lines += 1;
        if (lines > 5) throw new Error('ENOSPC: no space left on device');
        appendLine(file, value);
      },
    };
    await expect(soakStage.run({ ...context, files })).rejects.toThrow(/ENOSPC/);
    expect(carriersOf(context)).toEqual([]);
    expect(existsSync(join(context.files.folder, 'service.log'))).toBe(true);
  });
});
