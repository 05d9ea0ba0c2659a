/** The judges of what is seen from inside, over whole lives of services: each red on one, green on its twin. */
import { afterEach, describe, expect, it } from 'vitest';
import type { UserConfig } from '../../harness/config.ts';
import type { Verdict } from '../../harness/verdict.ts';
import { soakStage } from '../soak-stage.ts';
import { createTestContext, fixtureConfig, type TestContext } from '../test-context.ts';

const contexts: TestContext[] = [];
afterEach(() => {
  for (const context of contexts.splice(0)) context.remove();
});

const CHECKS = ['nothing-left-open', 'no-warnings', 'loop-responsive'];

async function verdictsOf(
  words: string[],
  changes: Partial<NonNullable<UserConfig['soak']>> = {},
): Promise<Verdict[]> {
  const config = fixtureConfig(words[0] ?? '');
  const { service, soak } = config;
  if (service === undefined) throw new Error('no service');
  const context = createTestContext({
    ...config,
    service: {
      ...service,
      command: ['node', `fixtures/services/${words[0]}`, ...words.slice(1)],
      exitWithinMs: 1_500,
    },
    soak: { ...soak, cycles: 1, scenarios: ['restart-loop'], ...changes },
  });
  contexts.push(context);
  await soakStage.run(context);
  return context.verdicts.filter(({ check }) => CHECKS.includes(check));
}

const worse = (verdicts: readonly Verdict[]): string[] =>
  verdicts.filter(({ outcome }) => outcome !== 'pass').map(({ outcome, check }) => `${outcome} ${check}`);
const messageOf = (verdicts: readonly Verdict[], check: string): string | undefined =>
  verdicts.find((verdict) => verdict.check === check)?.message;

describe('seen from inside', () => {
  it.each([
    ['healthy.js'],
    ['leaks/service.js', 'interval', 'each', 'released-each'],
    ['leaks/service.js', 'interval', 'released'],
    ['leaks/service.js', 'unref-interval'],
  ])('%s %s %s %s is clean', async (...words) => {
    expect(worse(await verdictsOf(words.filter((word) => word !== undefined)))).toEqual([]);
  });

  it('a timer for each request is named, with the place to go to', async () => {
    const verdicts = await verdictsOf(['leaks/service.js', 'interval', 'each', 'released']);
    expect(worse(verdicts)).toEqual(['fail nothing-left-open']);
    expect(messageOf(verdicts, 'nothing-left-open')).toMatch(
      /\d+ more of interval when quiet .* opened at fixtures\/services\/leaks\/interval\.js:1 in open \[resource-released\]/,
    );
    expect(verdicts.find(({ outcome }) => outcome === 'fail')?.location).toMatchObject({
      file: 'fixtures/services/leaks/interval.js',
      line: 1,
    });
  });

  it('what an exit cuts off is named, and who called it', async () => {
    const verdicts = await verdictsOf(['leaks/service.js', 'tcp-server']);
    expect(worse(verdicts)).toEqual(['fail nothing-left-open']);
    expect(messageOf(verdicts, 'nothing-left-open')).toMatch(
      /the exit \(called at fixtures\/services\/leaks\/service\.js:\d+.*\) cut off in cycle 1: tcp server .*leaks\/tcp-server\.js:3/,
    );
  });

  it('what holds a process that does not end is named', async () => {
    const verdicts = await verdictsOf(['held-by-timer.js']);
    expect(worse(verdicts)).toContain('fail nothing-left-open');
    expect(messageOf(verdicts, 'nothing-left-open')).toMatch(
      /still running \d+ ms after the stop signal, held by in cycle 1: interval \(1000 ms\) opened at fixtures\/services\/held-by-timer\.js:5/,
    );
  });

  it('a warning that is printed nowhere, and a loop that stands still', async () => {
    const warned = await verdictsOf(['piles-up-listeners.js']);
    expect(worse(warned)).toEqual(['fail no-warnings']);
    expect(messageOf(warned, 'no-warnings')).toMatch(/MaxListenersExceededWarning.*piles-up-listeners\.js:8/);
    const late = await verdictsOf(['blocks-loop.js']);
    expect(worse(late)).toEqual(['fail loop-responsive']);
    expect(messageOf(late, 'loop-responsive')).toMatch(
      /stood still for \d+ ms under load in cycle 1; limit 500 ms/,
    );
  });

  it('left out on purpose it is skipped, and said', async () => {
    const skipped = await verdictsOf(['healthy.js'], { inside: false });
    expect(worse(skipped)).toEqual(CHECKS.map((check) => `skip ${check}`));
  });
});
