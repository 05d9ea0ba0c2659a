/**
 * Judges what a soak saw: reads its folder, asks every judge, gives verdicts. Called by the soak stage at its end and
 * by `shakedown judge`, which has nothing but the folder.
 */
import type { Config, Limits } from '../harness/config.ts';
import type { ScenarioName } from '../harness/config/scenarios.ts';
import { errorText } from '../harness/errors.ts';
import { createVerdict } from '../harness/verdict.ts';
import type { Verdict } from '../harness/verdict.ts';
import type { FaultScenario } from './faults/fault.ts';
import { judgeFaultFolder } from './faults/judge-faults.ts';
import { judgeExploration, KEPT_FILE } from './explore/judge-exploration.ts';
import { readHistory } from './history.ts';
import type { History } from './history.ts';
import { JUDGES, judgesOf } from './judge-list.ts';
import type { Judge, Judgement } from './judges/judge.ts';
import { cellsOf } from './moods/cells.ts';
import { readMoodHistory } from './moods/history.ts';
import { expectationOf, judgeCells, moodVerdicts } from './moods/judge-moods.ts';
import { scenariosOf } from './scenarios/chosen.ts';

/** The check under which is listed what did not run. */
export const SCENARIO_CHOSEN = 'scenario-chosen';
const SUBJECT = 'restart-loop';
const EVIDENCE_PREFIX = 'stages/soak/';
/** What is unknown is no finding about the service: its fix would send people the wrong way. */
const UNKNOWN_FIX =
  'this says nothing about the service: see to the evidence that is missing, and run the soak again';

/** Verdicts over a soak's folder with the limits, log patterns and scenarios of a configuration. Starts nothing. */
export async function judgeHistory(
  folder: string,
  config: Pick<Config, 'limits' | 'logs' | 'soak'>,
): Promise<Verdict[]> {
  const { run, leftOut } = scenariosOf(config.soak);
  const verdicts: Verdict[] = [];
  for (const scenario of run.standard) verdicts.push(...(await JUDGE[scenario](folder, config)));
  for (const fault of run.faults) verdicts.push(...(await judgeFaultFolder(folder, config, fault)));
  // It was left out when the others began: pure, so the clock is not asked.
  const startedAt = verdicts.map((verdict) => verdict.startedAt).sort()[0] ?? new Date(0).toISOString();
  const notRun = [...leftOut.standard.map(leftOutScenario), ...leftOutFaults(leftOut.faults)];
  return [...verdicts, ...notRun.map((each) => notChosen(each, startedAt))];
}

type Judging = Pick<Config, 'limits' | 'logs' | 'soak'>;

const JUDGE = {
  'restart-loop': async (folder, { logs, limits, soak }) =>
    judgeAll(await readHistory(folder, logs), limits, judgesOf(soak)),
  'companion-moods': judgeMoods,
  'kept-schedules': async (folder, { limits }) => judgeExploration(folder, limits, KEPT_FILE),
} as const satisfies Record<ScenarioName, (folder: string, config: Judging) => Promise<Verdict[]>>;

async function judgeMoods(folder: string, config: Judging): Promise<Verdict[]> {
  const expected = expectationOf(config);
  if (expected === undefined) return [];
  const history = await readMoodHistory(folder, cellsOf(expected.moods), config.logs);
  return moodVerdicts(history, judgeCells(history, expected));
}

/** What was not asked for is on the list of what did not run. */
type LeftOut = Pick<Verdict, 'subject' | 'message'>;

function leftOutScenario(scenario: ScenarioName): LeftOut {
  return {
    subject: scenario,
    message: `the scenario ${scenario} is not run: left out by --scenario or soak.scenarios`,
  };
}

/** Faults in one line: there are many. */
function leftOutFaults(faults: readonly FaultScenario[]): LeftOut[] {
  if (faults.length === 0) return [];
  const names = faults.map(({ name }) => name).join(', ');
  const message = `${faults.length} fault scenarios are not run (--all runs each): ${names}`;
  return [{ subject: 'faults', message }];
}

function notChosen({ subject, message }: LeftOut, startedAt: string): Verdict {
  return createVerdict({
    stage: 'soak',
    check: SCENARIO_CHOSEN,
    subject,
    outcome: 'skip',
    message,
    startedAt,
  });
}

/** The opinions of every judge. Pure: times are those of the history. */
export function judgeAll(history: History, limits: Limits, judges: readonly Judge[] = JUDGES): Verdict[] {
  const first = history.observations[0];
  const last = history.observations.at(-1);
  const span = {
    startedAt: first?.at ?? new Date(0).toISOString(),
    durationMs: Math.max(0, (last?.monotonicMs ?? 0) - (first?.monotonicMs ?? 0)),
  };
  const verdicts = judges.flatMap((judge) =>
    askJudge(judge, history, limits).map((judgement) => complete(judge, judgement, span)),
  );
  const kinds = new Set(history.observations.map(({ kind }) => kind));
  if (!kinds.has('scenario-aborted')) return verdicts;
  return withOneCause(verdicts, kinds.has('start-failed') ? 'became-ready' : 'scenario-complete');
}

/** When the loop broke off, what was not seen after that has one cause: the verdict that says why it broke off. */
function withOneCause(verdicts: Verdict[], otherwise: string): Verdict[] {
  const failed = verdicts.find(({ outcome }) => outcome === 'fail');
  const cause = failed ?? verdicts.find(({ check }) => check === otherwise);
  if (cause === undefined) return verdicts;
  return verdicts.map((verdict) =>
    verdict.outcome === 'unknown' && verdict !== cause ? { ...verdict, because: cause.check } : verdict,
  );
}

/** A judge that throws, or says nothing, has found nothing out. */
function askJudge(judge: Judge, history: History, limits: Limits): Judgement[] {
  try {
    const judgements = judge.judge(history, limits);
    if (judgements.length > 0) return judgements;
    return [{ outcome: 'unknown', message: `the judge ${judge.id} gave no opinion`, evidence: [] }];
  } catch (error) {
    const message = `the judge ${judge.id} failed: ${errorText(error)}`;
    return [
      {
        outcome: 'unknown',
        message,
        fix: 'report this: a judge must not fail',
        evidence: ['observations.ndjson'],
      },
    ];
  }
}

function complete(
  judge: Judge,
  judgement: Judgement,
  span: { startedAt: string; durationMs: number },
): Verdict {
  const fix = fixOf(judge, judgement);
  return createVerdict({
    stage: 'soak',
    check: judge.id,
    subject: judgement.subject ?? SUBJECT,
    outcome: judgement.outcome,
    message: judgement.message,
    ...(fix === undefined ? {} : { fix }),
    ...(judgement.location === undefined ? {} : { location: judgement.location }),
    evidence: judgement.evidence.map((file) => EVIDENCE_PREFIX + file),
    ...span,
  });
}

function fixOf(judge: Judge, { outcome, fix }: Judgement): string | undefined {
  if (outcome === 'fail') return fix ?? judge.fix;
  return outcome === 'unknown' ? (fix ?? UNKNOWN_FIX) : undefined;
}
