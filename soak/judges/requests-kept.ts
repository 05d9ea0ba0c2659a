/** Judge: no request that the service had accepted was lost over a restart. */
import type { Limits } from '../../harness/config.ts';
import { FATES } from '../../harness/observation.ts';
import type { Fate, LostRequest, ObservationOf } from '../../harness/observation.ts';
import type { History } from '../history.ts';
import type { Judge, Judgement } from './judge.ts';
import { cycleEvidence, missingCycles, nameCycles, observed, plannedCycles, worstBy } from './judge.ts';

/** Fates that are a loss, whatever their number. */
const LOSSES: readonly Fate[] = ['resetInFlight', 'cut', 'wrongStatus', 'late', 'failed'];
/** These belong to a service that owns its listener, and are a loss where a kept one was promised. */
const OWN_LISTENER: readonly Fate[] = ['refused', 'resetFresh'];

const judge: Judge = {
  id: 'requests-kept',
  title: 'requests that were accepted are answered, whole and well, over every restart',
  why: 'every deploy costs users their requests: orders without an answer, pages cut off, 503s',
  fix: 'on the stop signal stop accepting, answer what is under way (with connection: close), then close the rest',
  judge(history, limits) {
    const plan = observed(history, 'scenario-planned')[0];
    if (plan?.load === 'none-on-purpose') {
      return [{ outcome: 'skip', message: 'no load, on purpose (soak.load is false)', evidence: [] }];
    }
    if (plan?.load === 'not-configured') {
      const fix = 'set soak.load.requests, or soak.load to false when the service answers no requests';
      return [
        {
          outcome: 'unknown',
          message: 'no load is configured: whether requests are kept is not known',
          fix,
          evidence: [],
        },
      ];
    }
    const loads = observed(history, 'load');
    const fates = plan?.keptListener === true ? [...LOSSES, ...OWN_LISTENER] : LOSSES;
    const lost = loads.filter((load) => lossesOf(load, limits, loads, fates) > 0);
    if (lost.length > 0) return [failure(loads, lost, limits, fates)];
    return [
      doubtAbout(history, loads, limits) ?? {
        outcome: 'pass',
        message: summary(loads),
        evidence: cycleEvidence([1]),
      },
    ];
  },
};
export default judge;

type Loaded = ObservationOf<'load'>;

/** Resets on reused connections count over the whole run, against their limit. */
function lossesOf(
  { totals }: Loaded,
  limits: Limits,
  all: readonly Loaded[],
  fates: readonly Fate[],
): number {
  const reused = sumOf(all, 'resetReused') > limits.resetReusedRequests ? totals.byFate.resetReused : 0;
  return fates.reduce((sum, fate) => sum + totals.byFate[fate], reused);
}

function failure(
  all: readonly Loaded[],
  lost: readonly Loaded[],
  limits: Limits,
  fates: readonly Fate[],
): Judgement {
  const worst = worstBy(lost, (load) => lossesOf(load, limits, all, fates));
  const cycles = lost.map(({ cycle }) => cycle);
  const example = worst?.totals.lost.find(({ fate }) => fates.includes(fate) || fate === 'resetReused');
  const message = `${summary(all)}; lost in ${nameCycles(cycles)}${example === undefined ? '' : `; for example ${describeLost(example)}`}`;
  return { outcome: 'fail', message, evidence: cycleEvidence([worst?.cycle ?? 0, ...cycles]) };
}

function doubtAbout(history: History, loads: readonly Loaded[], limits: Limits): Judgement | undefined {
  const unknown = (message: string, cycles: number[]): Judgement => ({
    outcome: 'unknown',
    message,
    evidence: cycleEvidence(cycles),
  });
  if (plannedCycles(history).length === 0)
    return unknown('no plan of a scenario was recorded: requests cannot be judged', []);
  const missing = missingCycles(
    history,
    loads.filter(({ phase }) => phase === 'strike'),
  );
  if (missing.length > 0)
    return unknown(`no load around a stop signal was recorded in ${nameCycles(missing)}`, missing);
  const idle = loads
    .filter(({ phase, totals }) => phase === 'strike' && totals.inFlightAtSignal === 0)
    .map(({ cycle }) => cycle);
  if (idle.length > 0)
    return unknown(`no request was on the wire when the stop signal struck in ${nameCycles(idle)}`, idle);
  const slow = loads.filter(({ totals }) => totals.achievedPerSecond < limits.minRequestsPerSecond);
  if (slow[0] !== undefined) {
    const rate = `${slow[0].totals.achievedPerSecond} requests a second in cycle ${slow[0].cycle}`;
    return unknown(
      `too little load to tell: ${rate}, at least ${limits.minRequestsPerSecond} needed`,
      slow.map(({ cycle }) => cycle),
    );
  }
  const unanswered = loads.filter(({ totals }) => totals.byFate.answered === 0).map(({ cycle }) => cycle);
  return unanswered.length > 0
    ? unknown(`not one request was answered in ${nameCycles(unanswered)}`, unanswered)
    : undefined;
}

/** `1200 sent, 1150 answered, 50 refused, p99 4 ms at most`. */
function summary(loads: readonly Loaded[]): string {
  const sent = loads.reduce((sum, { totals }) => sum + totals.sent, 0);
  const fates = FATES.map((fate) => [fate, sumOf(loads, fate)] as const).filter(
    ([fate, count]) => count > 0 || fate === 'answered',
  );
  const strikes = loads
    .filter(({ phase }) => phase === 'strike')
    .map(({ totals }) => totals.inFlightAtSignal);
  const inFlight = strikes.length === 0 ? 0 : Math.min(...strikes);
  const p99 = Math.max(0, ...loads.map(({ totals }) => totals.latencyMs.p99));
  return `${sent} requests sent: ${fates.map(([fate, count]) => `${count} ${fate}`).join(', ')}; at least ${inFlight} in flight at each signal, p99 at most ${Math.round(p99)} ms`;
}

function sumOf(loads: readonly Loaded[], fate: Fate): number {
  return loads.reduce((sum, { totals }) => sum + totals.byFate[fate], 0);
}

function describeLost({ fate, method, path, sentAfterSignalMs, status, error }: LostRequest): string {
  const when = `${Math.abs(Math.round(sentAfterSignalMs * 10) / 10)} ms ${sentAfterSignalMs < 0 ? 'before' : 'after'} the signal`;
  return `${method} ${path} sent ${when}: ${fate}${status === undefined ? '' : ` (${status})`}${error === undefined ? '' : ` (${error})`}`;
}
