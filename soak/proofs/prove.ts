/** Runs one fault scenario on one service of `fixtures/services`. Tests, and `npm run soak:proofs`, only. */
import { choosePorts, Companion } from '../../harness/companions/companion.ts';
import { fillAddresses } from '../../harness/companions/placeholders.ts';
import type { UserConfig } from '../../harness/config.ts';
import type { StageContext } from '../../harness/stage.ts';
import type { Verdict } from '../../harness/verdict.ts';
import type { FaultScenario, PlannedCase } from '../faults/fault.ts';
import { judgeFaultFolder } from '../faults/judge-faults.ts';
import { runFault } from '../faults/run-faults.ts';
import { FAULTS } from '../scenarios/fault-list.ts';
import { createTestContext, fixtureConfig, type TestContext } from '../test-context.ts';
import type { Pair } from './pair.ts';

const DEPENDENCY = {
  name: 'dependency',
  command: ['node', 'fixtures/services/dependency.js', '{port:main}'],
  ports: ['main'],
  readiness: { http: '/', port: 'main' },
};

export interface Proof {
  verdicts: Verdict[];
  /** `fail second-signal: ...` for all that is neither a pass nor a skip. */
  wrong: string[];
}

/** The verdicts of the pair's scenario on one of its services; `whole`: in each of its cases, else in those that prove it. */
export async function prove(pair: Pair, file: string, whole = true): Promise<Proof> {
  const { members = [] } = pair;
  const context = Object.assign(createTestContext(configOf(pair, file)), {
    lifecycleMembers: () => Promise.resolve(members),
  });
  const scenario = scenarioOf(pair, whole);
  let verdicts: Verdict[];
  try {
    await (pair.dependency === true ? runBesideDependency(context, scenario) : run(context, scenario));
    verdicts = await judgeFaultFolder(context.files.folder, context.config, scenario);
  } finally {
    context.remove();
  }
  const wrong = verdicts.filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown');
  return {
    verdicts,
    wrong: wrong.map(({ outcome, subject, message }) => `${outcome} ${subject}: ${message}`),
  };
}

function scenarioOf({ scenario: name, finding, cases = [] }: Pair, whole: boolean): FaultScenario {
  const scenario = FAULTS.find((fault) => fault.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  if (whole) return scenario;
  const isNeeded = (one: PlannedCase): boolean =>
    one.plain === true || one.name === finding || cases.includes(one.name);
  return { ...scenario, cases: (config) => scenario.cases(config).filter(isNeeded) };
}

async function run(context: StageContext, scenario: FaultScenario): Promise<void> {
  const { service } = context.config;
  if (service === undefined) throw new Error('the configuration has no service');
  await runFault(context, service, scenario);
}

async function runBesideDependency(context: TestContext, scenario: FaultScenario): Promise<void> {
  const [config] = context.config.companions;
  if (config === undefined) throw new Error('the configuration has no companion');
  const ports = (await choosePorts(context.config.companions)).get(config.name) ?? {};
  const companion = new Companion(context, config, ports, context.seed);
  try {
    const started = await companion.start(context.signal);
    if (started.kind !== 'ready') throw new Error(started.reason);
    const companions = { [companion.name]: companion.addresses };
    await run({ ...context, config: fillAddresses(context.config, companions), companions }, scenario);
  } finally {
    await companion.dispose();
  }
}

/** What keeps a pair from proving its scenario; empty: it does. */
export async function doubtsAbout(pair: Pair, whole = true): Promise<string[]> {
  const [bad, good] = [await prove(pair, pair.bad, whole), await prove(pair, pair.good, whole)];
  const found = bad.verdicts.find(({ subject }) => subject === pair.finding);
  const isFound = found?.outcome === 'fail' && pair.says.test(found.message);
  // A twin that the fault does not strike shows nothing.
  const cases = [pair.finding, ...(pair.cases ?? [])].filter(
    (name) => name !== 'the next start' && name !== 'log',
  );
  const unproved = cases.filter((name) => passOf(good, name) === undefined);
  const isGreen = good.wrong.length === 0 && unproved.length === 0;
  return [
    ...(isFound
      ? []
      : [`${pair.bad}.js: expected "${pair.finding}" to fail with ${pair.says}, got ${told(found)}`]),
    ...(isGreen
      ? []
      : [
          `${pair.good}.js: expected a pass, got ${good.wrong.join('; ') || `no pass of ${unproved.join(', ')}`}`,
        ]),
  ];
}

const passOf = ({ verdicts }: Proof, name: string): Verdict | undefined =>
  verdicts.find(({ subject, outcome }) => subject === name && outcome === 'pass');

function told(verdict: Verdict | undefined): string {
  return verdict === undefined ? 'no such verdict' : `${verdict.outcome}: ${verdict.message}`;
}

function configOf(pair: Pair, file: string): UserConfig {
  const { service } = fixtureConfig(`${file}.js`);
  if (service === undefined) throw new Error('the fixture configuration has a service');
  return {
    ...(pair.dependency === true ? { companions: [DEPENDENCY] } : {}),
    service: { ...service, exitWithinMs: 3_000, env: { ...service.env, ...pair.env } },
    soak: { load: false, ...pair.soak, scenarios: [pair.scenario] },
    limits: { exitWithinMs: 2_900, portFreeWithinMs: 500 },
  };
}
