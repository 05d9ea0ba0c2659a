/** Runs one fault scenario on one service of `fixtures/services`. Tests, and `npm run soak:proofs`, only. */
import type { UserConfig } from '../../harness/config.ts';
import type { Verdict } from '../../harness/verdict.ts';
import { soakStage } from '../soak-stage.ts';
import { createTestContext, fixtureConfig } from '../test-context.ts';
import type { Pair } from './pairs.ts';

export interface Proof {
  verdicts: Verdict[];
  /** `fail second-signal: ...` for all that is neither a pass nor a skip. */
  wrong: string[];
}

/** The verdicts of the pair's scenario on one of its services. */
export async function prove(pair: Pair, file: string): Promise<Proof> {
  const context = createTestContext(configOf(pair, file));
  try {
    await soakStage.run(context);
  } finally {
    context.remove();
  }
  const verdicts = context.verdicts.filter(({ check }) => check === pair.scenario);
  const wrong = verdicts.filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown');
  return {
    verdicts,
    wrong: wrong.map(({ outcome, subject, message }) => `${outcome} ${subject}: ${message}`),
  };
}

/** What keeps a pair from proving its scenario; empty: it does. */
export async function doubtsAbout(pair: Pair): Promise<string[]> {
  const [bad, good] = [await prove(pair, pair.bad), await prove(pair, pair.good)];
  const found = bad.verdicts.find(({ subject }) => subject === pair.finding);
  const isFound = found?.outcome === 'fail' && pair.says.test(found.message);
  const isGreen = good.wrong.length === 0 && good.verdicts.some(({ outcome }) => outcome === 'pass');
  return [
    ...(isFound
      ? []
      : [`${pair.bad}.js: expected "${pair.finding}" to fail with ${pair.says}, got ${told(found)}`]),
    ...(isGreen ? [] : [`${pair.good}.js: expected a pass, got ${good.wrong.join('; ') || 'no pass'}`]),
  ];
}

function told(verdict: Verdict | undefined): string {
  return verdict === undefined ? 'no such verdict' : `${verdict.outcome}: ${verdict.message}`;
}

function configOf(pair: Pair, file: string): UserConfig {
  const { service } = fixtureConfig(`${file}.js`);
  if (service === undefined) throw new Error('the fixture configuration has a service');
  return {
    service: { ...service, env: { ...service.env, ...pair.env } },
    soak: { load: false, ...pair.soak, scenarios: [pair.scenario] },
    limits: { exitWithinMs: 1_900, portFreeWithinMs: 500 },
  };
}
