/**
 * Judges an exploration from its folder: one verdict for every failure, and whether enough was explored to say that there
 * is none. Called by the stages of this folder and by `shakedown judge`.
 */
import type { Limits } from '../../harness/config.ts';
import type { ObservationOf } from '../../harness/observation.ts';
import type { Observation } from '../../harness/observation.ts';
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import { readObservations } from '../history.ts';
import type { Step } from '../../harness/observations/explore.ts';
import { INVARIANTS, judgeCase, type CaseFact, type CaseFailure, type CaseVerdict } from './judge-case.ts';
import { SCHEDULES_FOLDER } from './schedule.ts';
import { describeSteps, isDisorderly, STEP_KINDS } from './steps.ts';

export const EXPLORE_FILE = 'explore.ndjson';
/** What the scenario kept-schedules writes. */
export const KEPT_FILE = 'kept-schedules.ndjson';
export const EXPLORE_CHECKS = ['schedules-hold', 'explored-enough'] as const;

interface Case {
  begun: ObservationOf<'schedule-begun'>;
  verdict: CaseVerdict;
}

export function judgeExploration(folder: string, limits: Limits, file: string = EXPLORE_FILE): Verdict[] {
  const { observations, damages } = readObservations(folder, file);
  return explorationVerdicts(observations, damages, limits).map((verdict) => ({
    ...verdict,
    evidence: [`stages/soak/${file}`, ...verdict.evidence],
  }));
}

/** Pure. */
export function explorationVerdicts(
  observations: readonly Observation[],
  damages: readonly string[],
  limits: Limits,
): Verdict[] {
  const cases = casesOf(observations, limits);
  const span = spanOf(observations);
  const failures = failureVerdicts(observations, cases).map((verdict) =>
    createVerdict({ ...verdict, ...span }),
  );
  const enough = createVerdict({ ...enoughVerdict(observations, damages, cases), ...span });
  if (failures.length > 0) return [...failures, enough];
  const held = createVerdict({ ...heldVerdict(cases, enough.outcome === 'pass'), ...span });
  return [held, enough];
}

type Part = Omit<Parameters<typeof createVerdict>[0], 'startedAt'>;

function casesOf(observations: readonly Observation[], limits: Limits): Case[] {
  const facts = new Map<number, CaseFact[]>();
  const begun: ObservationOf<'schedule-begun'>[] = [];
  for (const fact of observations) {
    if (fact.kind === 'schedule-begun') begun.push(fact);
    if ('case' in fact && fact.kind !== 'schedule-found')
      facts.set(fact.case, [...(facts.get(fact.case) ?? []), fact]);
  }
  return begun.map((each) => ({ begun: each, verdict: judgeCase(facts.get(each.case) ?? [], limits) }));
}

/** One for each signature, with the shortest schedule that is known for it. */
function failureVerdicts(observations: readonly Observation[], cases: readonly Case[]): Part[] {
  const found = new Map(
    observations.flatMap((fact) => (fact.kind === 'schedule-found' ? [[fact.signature, fact] as const] : [])),
  );
  const failed = new Map<
    string,
    { failure: CaseFailure; steps: ObservationOf<'schedule-begun'>['steps']; cases: number[] }
  >();
  for (const { begun, verdict } of cases) {
    if (verdict.kind !== 'failed') continue;
    const { failure } = verdict;
    const steps = begun.steps.slice(0, failure.step + 1);
    const known = failed.get(failure.signature);
    // Of the shortest the last: that is the shrunk one, run again, and what it says is what its steps show.
    const told = known === undefined || steps.length <= known.steps.length;
    failed.set(failure.signature, {
      ...(told ? { failure, steps } : known),
      cases: [...(known?.cases ?? []), begun.case],
    });
  }
  return [...failed].map(([signature, { failure, steps, cases: numbers }]) =>
    failureVerdict(
      signature,
      failure,
      found.get(signature)?.steps ?? steps,
      numbers,
      cases.filter(({ begun }) => isDisorderly(begun.steps)).length,
      found.get(signature),
    ),
  );
}

function failureVerdict(
  signature: string,
  failure: CaseFailure,
  steps: ObservationOf<'schedule-begun'>['steps'],
  cases: readonly number[],
  total: number,
  found: ObservationOf<'schedule-found'> | undefined,
): Part {
  const again = found === undefined ? '' : `${found.seen} of ${found.of} when run again, `;
  const cut = found?.cutShort === undefined ? '' : `; may not be the shortest: ${found.cutShort}`;
  const file = `stages/soak/${SCHEDULES_FOLDER}/${signature}.json`;
  return {
    stage: 'soak',
    check: 'schedules-hold',
    subject: signature,
    outcome: 'fail',
    message: `${describeSteps(steps)}: ${failure.message} (${again}seen in ${cases.length} of ${total} cases${cut})`,
    fix:
      `what must hold after every step: ${INVARIANTS[failure.invariant]}; ` +
      `run it again with \`shakedown soak --replay RUN/${file}\`, and keep it with --keep`,
    evidence: found === undefined ? [] : [file],
  };
}

function heldVerdict(cases: readonly Case[], enough: boolean): Part {
  const held = cases.filter(({ verdict }) => verdict.kind === 'held').length;
  return {
    stage: 'soak',
    check: 'schedules-hold',
    subject: 'every schedule',
    outcome: enough ? 'pass' : 'unknown',
    message: enough
      ? `${held} schedules, and what must hold held after every step`
      : `no failure in ${held} schedules, which proves too little`,
    ...(enough ? {} : { because: 'explored-enough' }),
  };
}

/** What came after the step that failed was not carried out. */
function stepsCarriedOut({ begun: { steps }, verdict }: Case): readonly Step[] {
  return verdict.kind === 'failed' ? steps.slice(0, verdict.failure.step + 1) : steps;
}

/** Whether there were so many cases with evidence, of every kind of step, that silence says something. */
function enoughVerdict(
  observations: readonly Observation[],
  damages: readonly string[],
  cases: readonly Case[],
): Part {
  const planned = observations.find((fact) => fact.kind === 'exploration-planned');
  const finished = observations.find((fact) => fact.kind === 'exploration-finished');
  const counted = cases.filter(({ verdict }) => verdict.kind !== 'broken');
  const broken = cases.flatMap(({ verdict }) => (verdict.kind === 'broken' ? [verdict.reason] : []));
  const struck = new Set(counted.flatMap(stepsCarriedOut).map((step) => step.do));
  const missing = planned?.kinds.filter((kind) => !struck.has(kind)) ?? [];
  const lacks = [
    ...damages,
    ...(planned === undefined ? ['no plan was written down'] : []),
    ...(finished === undefined ? ['it did not come to its end'] : []),
    ...(finished?.why === 'interrupted' ? ['it was interrupted'] : []),
    ...(finished?.why === 'harness' ? [finished.reason ?? 'the harness gave up'] : []),
    ...(planned !== undefined && finished?.why !== 'found-enough' && counted.length < planned.minCases
      ? [
          `${counted.length} cases with evidence, expected at least ${planned.minCases}${broken[0] === undefined ? '' : `; ${broken.length} broke off, the first because ${broken[0]}`}`,
        ]
      : []),
    ...(finished?.why !== 'found-enough' && missing.length > 0
      ? [`never came to: ${missing.map((kind) => STEP_KINDS[kind].title).join(', ')}`]
      : []),
  ];
  const lives = observations.filter(({ kind }) => kind === 'schedule-started').length;
  const said = `${counted.length} cases with ${lives} lives, seed ${planned?.seed}, ${planned?.lanes} at a time`;
  return {
    stage: 'soak',
    check: 'explored-enough',
    subject: 'exploration',
    outcome: lacks.length === 0 ? 'pass' : 'unknown',
    message: lacks.length === 0 ? said : `${lacks.join('; ')} (${said})`,
    ...(lacks.length === 0
      ? {}
      : {
          fix: 'this says nothing about the service: give it a larger --budget, or see to what broke the cases off',
        }),
  };
}

function spanOf(observations: readonly Observation[]): { startedAt: string; durationMs: number } {
  const [first] = observations;
  return {
    startedAt: first?.at ?? new Date(0).toISOString(),
    durationMs: Math.max(0, (observations.at(-1)?.monotonicMs ?? 0) - (first?.monotonicMs ?? 0)),
  };
}
