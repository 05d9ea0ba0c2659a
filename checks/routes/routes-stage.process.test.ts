import { expect, test } from 'vitest';
import type { UserConfig } from '../../harness/config.ts';
import { configSchema } from '../../harness/config.ts';
import { worstOf } from '../../harness/verdict.ts';
import { onlyVerdict, outcomesOf } from './fixtures/judge-server.ts';
import { withStageRun } from './fixtures/stage-run.ts';
import type { StageRun } from './fixtures/stage-run.ts';
import { judgeRoutes } from './judge-routes.ts';
import { observationsOf, readRecord } from './route-observations.ts';
import { routesStage } from './routes-stage.ts';

const FOLDER = import.meta.dirname;

function configFor(behaviour: string, service: Partial<NonNullable<UserConfig['service']>> = {}): UserConfig {
  return {
    service: {
      command: ['node', 'fixtures/small-service.js', behaviour],
      env: { PORT: '{port}' },
      readiness: { http: '/ping' },
      exitWithinMs: 1_000,
      ...service,
    },
    routes: { required: ['GET /ping'] },
  };
}

/** The process that the record names is gone. */
function expectGone(run: StageRun): void {
  const pid = observationsOf(readRecord(run.read('calls.ndjson')), 'service-started')[0]?.pid;
  expect(pid).toBeGreaterThan(0);
  expect(() => process.kill(pid ?? 0, 0)).toThrow('ESRCH');
}

const planned = routesStage.plan(configSchema.parse({ routes: {} })).checks;

test('a sound service: every planned check passes, and the record is judged again to the same', async () => {
  await withStageRun(configFor('sound'), FOLDER, async (run) => {
    expect([...new Set(run.verdicts.map(({ check }) => check))]).toEqual(planned);
    expect(worstOf(run.verdicts.map(({ outcome }) => outcome))).toBe('pass');
    expect(outcomesOf(run.verdicts, 'answers-as-declared')).toEqual([
      'pass POST /zap',
      'pass DELETE /zap',
      'pass GET /ping',
    ]);
    expect(onlyVerdict(run.verdicts, 'service-started').message).toMatch(
      /answered at http:\/\/127\.0\.0\.1:\d+ after \d+ ms/,
    );
    expect(run.read('service.log')).toContain('listening');
    const stopped = observationsOf(readRecord(run.read('calls.ndjson')), 'service-stopped');
    expect(stopped).toMatchObject([{ signal: 'SIGTERM', how: 'exited with code 0' }]);
    expectGone(run);
    const called = observationsOf(readRecord(run.read('calls.ndjson')), 'called').map(
      ({ operation }) => operation,
    );
    expect(called).toEqual(['GET /ping', 'POST /zap', 'DELETE /zap']);
    expect(await judgeRoutes(run.read('calls.ndjson'), run.read('openapi.json'), run.config)).toEqual(
      run.verdicts,
    );
  });
});

test('a service that ends at its start fails with its last lines; the rest is unknown and names it', async () => {
  await withStageRun(configFor('exits-at-start'), FOLDER, ({ verdicts }) => {
    const started = onlyVerdict(verdicts, 'service-started');
    expect(started.outcome).toBe('fail');
    expect(started.message).toContain('FATAL: no database at db:5432');
    expect(started.evidence).toContain('stages/routes/service.log');
    for (const check of planned.slice(1, -1)) {
      expect(onlyVerdict(verdicts, check)).toMatchObject({ outcome: 'unknown', because: 'service-started' });
    }
  });
});

test('a service that never becomes ready fails within its deadline', async () => {
  const startedAt = performance.now();
  await withStageRun(configFor('never-ready', { readyWithinMs: 1_500 }), FOLDER, ({ verdicts }) => {
    expect(onlyVerdict(verdicts, 'service-started')).toMatchObject({ outcome: 'fail' });
    expect(onlyVerdict(verdicts, 'service-started').message).toMatch(/503.*listening/);
  });
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

test('a program that is not there fails', async () => {
  await withStageRun(configFor('sound', { command: ['./no-such-program'] }), FOLDER, ({ verdicts }) => {
    expect(onlyVerdict(verdicts, 'service-started')).toMatchObject({ outcome: 'fail' });
    expect(onlyVerdict(verdicts, 'service-started').message).toContain('no-such-program');
  });
});

test('a service that ends when called: that call fails, those after it are unknown', async () => {
  await withStageRun(configFor('dies-when-called'), FOLDER, ({ verdicts }) => {
    expect(outcomesOf(verdicts, 'answers-as-declared')).toEqual([
      'fail POST /zap',
      'unknown DELETE /zap',
      'pass GET /ping',
    ]);
    expect(verdicts.find(({ subject }) => subject === 'DELETE /zap')?.message).toContain(
      'the service had ended: exited with code 7',
    );
  });
});

test('a service that ignores the stop signal is ended all the same', async () => {
  await withStageRun(configFor('ignores-sigterm'), FOLDER, (run) => {
    const stopped = observationsOf(readRecord(run.read('calls.ndjson')), 'service-stopped')[0];
    expect(stopped?.how).toMatch(/it is killed$/);
    expectGone(run);
  });
});

test('an interrupted stage leaves nothing running and passes nothing that it did not see', async () => {
  const signal = AbortSignal.abort(new Error('interrupted'));
  await withStageRun(
    configFor('never-ready'),
    FOLDER,
    ({ verdicts }) => {
      expect(verdicts.map(({ outcome }) => outcome)).toEqual([
        'unknown',
        'unknown',
        'unknown',
        'unknown',
        'skip',
      ]);
    },
    signal,
  );
});

test('without a port there is nothing to call: unknown', async () => {
  const service = { port: 'none', env: { PORT: '0' }, readiness: { log: 'listening' } } as const;
  await withStageRun(configFor('sound', service), FOLDER, ({ verdicts }) => {
    expect(onlyVerdict(verdicts, 'service-started')).toMatchObject({ outcome: 'unknown' });
    expect(onlyVerdict(verdicts, 'service-started').message).toContain("service.port is 'none'");
  });
});

test('routes: false plans nothing; no routes or no service leaves every check unknown', async () => {
  expect(routesStage.plan(configSchema.parse({ routes: false })).checks).toEqual([]);
  expect(routesStage.plan(configSchema.parse({})).checks).toEqual(planned);
  for (const config of [{ ...configFor('sound'), routes: undefined }, { routes: {} }]) {
    await withStageRun(config, FOLDER, ({ verdicts }) => {
      expect(verdicts.map(({ check, outcome }) => `${outcome} ${check}`)).toEqual(
        planned.map((check) => `unknown ${check}`),
      );
      expect(verdicts[0]?.message).toMatch(/(service|routes) is not configured/);
    });
  }
});
