/** The way to everything the service depends on goes wrong while it runs: late, silent, reset, refused, a few bytes at a time. */
import type { FaultScenario } from '../../faults/fault.ts';
import { judgeReadyAgain } from '../../faults/ready-again.ts';
import { throughProxies } from '../../faults/dependencies.ts';
import type { Trouble } from '../../faults/proxy.ts';

const CASES: Readonly<Record<string, Trouble>> = {
  'every answer 1.5 s late': 'late',
  'nothing comes through': 'silent',
  'requests arrive, answers do not': 'half-open',
  'every connection reset': 'resetting',
  'a few bytes at a time': 'trickling',
};
const STRIKE_MS = 8_000;
const HOLD_MS = 700;
const RECOVER_MS = 15_000;

const scenario: FaultScenario = {
  name: 'dependency-network',
  group: 'dependencies',
  title: 'trouble on the way to its dependencies neither ends it nor holds its exit',
  why: 'networks lose and delay packets every day: an error event without a listener ends the process, a call without a deadline keeps it from stopping',
  fix: 'give every call a deadline and every socket an error handler, and abort what is under way at the stop signal',
  modes: [35, 36],
  important: false,
  doesNotApply: ({ companions }) =>
    companions.length === 0 ? 'no companions are configured: it depends on nothing that is known' : undefined,
  cases: () => [
    ...Object.keys(CASES).map((name) => ({ name, ends: 'clean' as const })),
    { name: 'trouble that passes', ends: 'clean' },
  ],
  async run(trial) {
    const { other, proxies } = await throughProxies(trial);
    for (const proxy of proxies) proxy.set('none');
    const life = await other.startReady();
    const trouble = CASES[trial.case.name] ?? 'resetting';
    for (const proxy of proxies) proxy.set(trouble);
    const strikes = (): number => proxies.reduce((sum, proxy) => sum + proxy.strikes(), 0);
    const struck = await other.until(
      () => (strikes() > 0 ? true : undefined),
      STRIKE_MS,
      'the trouble to strike',
    );
    await other.hold(HOLD_MS);
    if (struck.met) trial.struck(`${strikes()} times in the way of its ${proxies.length} dependencies`);
    other.demandAlive(life, 'while its dependencies could not be reached as usual');
    if (CASES[trial.case.name] === undefined) {
      for (const proxy of proxies) proxy.set('none');
      await other.awaitReadiness(life, RECOVER_MS, 'once the way was free again');
    }
    await other.stop(life);
  },
  judge: (history) =>
    history.case.name in CASES ? [] : judgeReadyAgain(history, 'after the way was free again', RECOVER_MS),
};
export default scenario;
