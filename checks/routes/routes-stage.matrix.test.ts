import { expect, test } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import type { UserConfig } from '../../harness/config.ts';
import { worstOf } from '../../harness/verdict.ts';
import type { Verdict } from '../../harness/verdict.ts';
import { outcomesOf } from './fixtures/judge-server.ts';
import { NOTES_ROUTES } from './fixtures/notes-routes.ts';
import { withStageRun } from './fixtures/stage-run.ts';
import { judgeRoutes } from './judge-routes.ts';
import { routesStage } from './routes-stage.ts';

const FOLDER = import.meta.dirname;

function configFor(does: string, env: Record<string, string> = {}): UserConfig {
  return {
    service: {
      command: ['node', 'fixtures/notes-service.ts', does],
      env: { PORT: '{port}', JWT_SECRET: '{random}', ...env },
      readiness: { http: '/api/ping' },
      exitWithinMs: 2_000,
    },
    routes: NOTES_ROUTES,
  };
}

const faults = (verdicts: Verdict[]) =>
  verdicts
    .filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown')
    .map(({ outcome, check, subject }) => `${outcome} ${check}: ${subject}`);

test('the whole stage: every planned check, a key made for this run, and nothing secret in its files', async () => {
  await withStageRun(configFor('none'), FOLDER, async (run) => {
    expect(faults(run.verdicts)).toEqual([]);
    const planned = routesStage.plan(configSchema.parse(configFor('none'))).checks;
    expect([...new Set(run.verdicts.map(({ check }) => check))]).toEqual(planned);
    expect(planned).toEqual(expect.arrayContaining(['identity-works', 'setup-made', 'matrix-cell']));
    const record = run.read('calls.ndjson');
    const log = run.read('service.log');
    for (const text of [record, log, JSON.stringify(run.verdicts)]) {
      expect(text).not.toMatch(/eyJ[\w-]{8,}/);
      expect(text).not.toMatch(/(ann|bob|root)-password/);
    }
    // The service logs the headers that it gets: what was masked had been there.
    expect(log).toMatch(/GET \/api\/notes Bearer \*\*\*/);
    expect(record).toMatch(/"authorization":"\*\*\*"/);
    expect(await judgeRoutes(record, run.read('openapi.json'), run.config)).toEqual(run.verdicts);
  });
});

test('a masked record of a service that lets the wrong ones in is as red as the run was', async () => {
  await withStageRun(configFor('accepts-expired'), FOLDER, async (run) => {
    expect(faults(run.verdicts)).toContain('fail matrix-cell: GET /api/admin/users as expired');
    const again = await judgeRoutes(run.read('calls.ndjson'), run.read('openapi.json'), run.config);
    expect(again).toEqual(run.verdicts);
  });
});

test('a key that only the service is told leaves the expired column unknown', async () => {
  await withStageRun(configFor('none', { JWT_SECRET: 'made-in-{scratch}' }), FOLDER, ({ verdicts }) => {
    expect(outcomesOf(verdicts, 'identity-works')).toContain('unknown expired');
    const verdict = verdicts.find(
      ({ check, subject }) => check === 'identity-works' && subject === 'expired',
    );
    expect(verdict?.message).toContain('JWT_SECRET holds {scratch}, which only the service is told');
  });
});

test('a service that does not start leaves identities, things and cells unknown', async () => {
  const config = configFor('none');
  const service = { ...config.service, command: ['./no-such-program'] };
  await withStageRun({ ...config, service } as UserConfig, FOLDER, ({ verdicts }) => {
    expect(worstOf(verdicts.map(({ outcome }) => outcome))).toBe('fail');
    for (const check of ['identity-works', 'setup-made', 'matrix-cell']) {
      const found = verdicts.filter((verdict) => verdict.check === check);
      expect(found.length).toBeGreaterThan(0);
      for (const { outcome, because } of found)
        expect({ outcome, because }).toEqual({ outcome: 'unknown', because: 'service-started' });
    }
    expect(outcomesOf(verdicts, 'identity-works')).toHaveLength(4);
  });
});
