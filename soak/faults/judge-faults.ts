/**
 * Judges what a fault scenario saw: one verdict on each case, one on its log. Pure but for the reading of the folder.
 * Called by `judge-history.ts`, which has nothing but that folder.
 */
import type { Config, Limits } from '../../harness/config.ts';
import { errorText } from '../../harness/errors.ts';
import type { FaultCase, ObservationOf } from '../../harness/observation.ts';
import { createVerdict, OUTCOME_RANK, worstOf, type Verdict } from '../../harness/verdict.ts';
import { observed, type Judgement } from '../judges/judge.ts';
import { judgeLog } from '../judges/log-clean.ts';
import { judgeAlways, type CaseOpinion } from './always.ts';
import type { CaseHistory, FaultScenario } from './fault.ts';
import { logOf, readFaultHistory, recordOf, type FaultHistory } from './history.ts';

const UNKNOWN_FIX =
  'this says nothing about the service: see to the evidence that is missing, and run the scenario again';
const LOG_FIX = 'repair what the line names; a line that is known and harmless goes under logs.allow';

export async function judgeFaultFolder(
  folder: string,
  { limits, logs }: Pick<Config, 'limits' | 'logs'>,
  scenario: FaultScenario,
): Promise<Verdict[]> {
  const allow = [...(scenario.allow ?? []), ...logs.allow];
  const history = await readFaultHistory(folder, scenario.name, { ...logs, allow });
  // That nothing had to be allowed in one scenario says nothing about the others.
  if (history.log.readable)
    history.log.scan.allowed = history.log.scan.allowed.filter(({ count }) => count > 0);
  return judgeFault(history, limits, scenario);
}

/** The verdicts on one scenario. Pure. */
export function judgeFault(history: FaultHistory, limits: Limits, scenario: FaultScenario): Verdict[] {
  const notRun = observed(history, 'fault-not-run')[0];
  if (notRun !== undefined) return [notRunVerdict(scenario, notRun)];
  const planned = observed(history, 'fault-planned')[0];
  const damages = damagesOf(history);
  if (planned === undefined) {
    const message = [...damages, 'no plan of the scenario is on record'].join('; ');
    return [verdict(scenario, history, { subject: 'planned', outcome: 'unknown', message })];
  }
  const judged = planned.cases.map((one) =>
    caseVerdict(scenario, caseHistory(history, one), limits, planned.listens),
  );
  return [...judged, logVerdict(scenario, history), ...damageVerdicts(scenario, history, damages)];
}

function caseHistory(history: FaultHistory, one: FaultCase): CaseHistory {
  const all = history.observations;
  return { case: one, all, observations: all.filter((fact) => 'cycle' in fact && fact.cycle === one.cycle) };
}

/** The worst opinion on a case decides, and every opinion of that rank is told. */
function caseVerdict(
  scenario: FaultScenario,
  history: CaseHistory,
  limits: Limits,
  listens: boolean,
): Verdict {
  const { name: subject, cycle, plain } = history.case;
  const evidence = [`${recordOf(scenario.name)}#cycle-${cycle}`];
  if (history.observations.length === 0)
    return verdict(scenario, history, {
      subject,
      outcome: 'unknown',
      message: 'it was not reached',
      evidence,
    });
  const opinions = [
    ...judgeAlways(history, limits, listens),
    ...(plain === true ? [] : askScenario(scenario, history, limits)),
  ];
  const merged = worstOf(opinions.map((one) => one.outcome));
  // What cannot strike has shown nothing, however well the life went.
  const outcome = merged === 'pass' && opinions.some((one) => one.outcome === 'skip') ? 'skip' : merged;
  const worst = opinions.filter((one) => one.outcome === outcome);
  // What was not seen is explained by what failed.
  const message = worst.map((one) => one.message).join('; ');
  return verdict(scenario, history, { subject, outcome, message, evidence });
}

/** A judge that throws has found nothing out. */
function askScenario(scenario: FaultScenario, history: CaseHistory, limits: Limits): CaseOpinion[] {
  try {
    return scenario.judge?.(history, limits) ?? [];
  } catch (error) {
    return [{ outcome: 'unknown', message: `the judge of ${scenario.name} failed: ${errorText(error)}` }];
  }
}

function logVerdict(scenario: FaultScenario, history: FaultHistory): Verdict {
  if (scenario.logless !== undefined)
    return verdict(scenario, history, { subject: 'log', outcome: 'skip', message: scenario.logless });
  const opinion = doubtless(judgeLog(history.log, history, LOG_FIX), history);
  const { outcome, message, evidence } = opinion;
  const fix = outcome === 'fail' ? opinion.fix : undefined;
  return verdict(scenario, history, { subject: 'log', outcome, message, evidence, ...(fix ? { fix } : {}) });
}

/** A clean log counts only where a forbidden line of the harness's own was found in it. */
function doubtless(opinion: Judgement, history: FaultHistory): Judgement {
  if (opinion.outcome !== 'pass' || observed(history, 'planted').length > 0) return opinion;
  return { ...opinion, outcome: 'unknown', message: 'no line was planted: the log cannot be judged' };
}

function damagesOf(history: FaultHistory): string[] {
  return [
    ...history.damages,
    ...observed(history, 'scenario-aborted').map(({ reason }) => `it was aborted: ${reason}`),
    ...observed(history, 'harness-error').map(({ message }) => `the harness failed: ${message}`),
    ...(observed(history, 'scenario-finished').length === 0 ? ['its end is not on record'] : []),
  ];
}

function damageVerdicts(scenario: FaultScenario, history: FaultHistory, damages: string[]): Verdict[] {
  if (damages.length === 0) return [];
  const message = [...new Set(damages)].join('; ');
  return [verdict(scenario, history, { subject: 'whole', outcome: 'unknown', message })];
}

function notRunVerdict(scenario: FaultScenario, notRun: ObservationOf<'fault-not-run'>): Verdict {
  const { lacking, reason } = notRun;
  const words = lacking === 'host' ? 'this host cannot provoke it' : 'it has no meaning for this service';
  const outcome = lacking === 'host' ? 'unknown' : 'skip';
  return createVerdict({
    stage: 'soak',
    check: scenario.name,
    subject: 'planned',
    outcome,
    message: `${words}: ${reason}`,
    ...(outcome === 'unknown'
      ? { fix: `run it where it can be provoked, or declare it: unavailable['soak/${scenario.name}']` }
      : {}),
    evidence: [`stages/soak/${recordOf(scenario.name)}`],
    startedAt: notRun.at,
  });
}

interface Told extends CaseOpinion {
  subject: string;
  evidence?: string[];
  fix?: string;
}

function verdict(
  scenario: FaultScenario,
  { observations }: Pick<FaultHistory, 'observations'>,
  { subject, outcome, message, evidence = [recordOf(scenario.name)], fix }: Told,
): Verdict {
  const [first, last] = [observations[0], observations.at(-1)];
  const isFinding = OUTCOME_RANK[outcome] > OUTCOME_RANK.pass;
  const advice = fix ?? (outcome === 'fail' ? scenario.fix : UNKNOWN_FIX);
  return createVerdict({
    stage: 'soak',
    check: scenario.name,
    subject,
    outcome,
    message,
    ...(isFinding ? { fix: advice } : {}),
    evidence: [...evidence, ...(outcome === 'fail' ? [logOf(scenario.name)] : [])].map(
      (file) => `stages/soak/${file}`,
    ),
    startedAt: first?.at ?? new Date(0).toISOString(),
    durationMs: Math.max(0, (last?.monotonicMs ?? 0) - (first?.monotonicMs ?? 0)),
  });
}
