/**
 * Carries out one schedule on a lane and writes down what is seen; never judges. Whatever happens nothing of it runs
 * afterwards. Called by `explore.ts` and `replay.ts`.
 */
import { deadlineIn } from '../../harness/deadline.ts';
import { errorText } from '../../harness/errors.ts';
import type { CasePurpose, ExploreFact, Step } from '../../harness/observations/explore.ts';
import type { Instance } from '../../harness/supervisors/supervisor.ts';
import { createPlant, takePlants } from '../planted-line.ts';
import { scanLog } from '../log-scan.ts';
import type { LogsConfig, RequestTemplate } from '../../harness/config.ts';
import type { CaseFact } from './judge-case.ts';
import type { Lane } from './lane.ts';
import { STEP_RUNNERS } from './step-runners.ts';

const LAST_LINES = 20;
const MAX_LINE = 300;
const GONE_WITHIN_MS = 2_000;

/** What a case needs beside its lane. */
export interface CaseSetting {
  observe(fact: ExploreFact): void;
  /** What the step `requests` asks; empty: the service cannot be asked. */
  requests: readonly RequestTemplate[];
  portFreeWithinMs: number;
  logs: LogsConfig;
  /** Aborted by an interruption and by the end of the budget. */
  signal: AbortSignal;
}

/** One life under way in a case. */
export interface CaseLife {
  instance: Instance;
  startedAtMs: number;
  ready: boolean;
  /** Signals it was sent, and when the first was. */
  told: NodeJS.Signals[];
  toldAtMs?: number;
  toldBeforeReady: boolean;
}

/** A case while it runs. */
export interface RunningCase extends CaseSetting {
  number: number;
  lane: Lane;
  step: number;
  life?: CaseLife | undefined;
  /** Every life of the case, in order. */
  lives: Instance[];
  planted?: string;
}

/** What was seen ends the case: there is no going on with this service. */
export class CaseOver extends Error {
  override readonly name = 'CaseOver';
}

/** @returns the facts of the case, as they were written. */
export async function runCase(
  lane: Lane,
  steps: readonly Step[],
  { number, purpose }: { number: number; purpose: CasePurpose },
  setting: CaseSetting,
): Promise<CaseFact[]> {
  const facts: CaseFact[] = [];
  const observe = (fact: ExploreFact): void => {
    setting.observe(fact);
    if ('case' in fact) facts.push(fact);
  };
  const running: RunningCase = { ...setting, observe, number, lane, step: 0, lives: [] };
  try {
    await lane.reset();
    observe({ kind: 'schedule-begun', case: number, lane: lane.number, purpose, steps: [...steps] });
    await carryOut(running, steps);
  } catch (error) {
    if (!(error instanceof CaseOver))
      observe({ kind: 'schedule-broken', case: number, reason: errorText(error) });
  } finally {
    // Also when nothing can be written down any more.
    await endRest(running);
  }
  return facts;
}

async function carryOut(running: RunningCase, steps: readonly Step[]): Promise<void> {
  try {
    for (const [index, step] of steps.entries()) {
      demandTime(running);
      running.step = index;
      const run = STEP_RUNNERS[step.do] as (running: RunningCase, step: Step) => Promise<void>;
      await run(running, step);
    }
    await noteLog(running);
    running.observe({ kind: 'schedule-ended', case: running.number });
  } catch (error) {
    // What a life that failed has logged says why it failed.
    if (error instanceof CaseOver) await noteLog(running);
    throw error;
  }
}

/** Neither an interruption nor the end of the budget is a finding about the service. */
export function demandTime({ signal }: Pick<RunningCase, 'signal'>): void {
  if (signal.aborted) throw new Error('it was broken off: interrupted, or the budget was over');
}

/** The harness's own forbidden line, once in every case. */
export async function plantOnce(running: RunningCase): Promise<void> {
  if (running.planted !== undefined) return;
  const { word, line } = createPlant(running.number);
  running.planted = word;
  await running.lane.first().plantLine(line);
}

async function noteLog(running: RunningCase): Promise<void> {
  const { number, lane, logs, planted } = running;
  // Reads on to what is written by now.
  running.life?.instance.logs(running.life.instance.logStart);
  const scan = await scanLog('case', chunksOf(lane.log()), logs);
  const found = planted !== undefined && scan.planted.some(({ word }) => word === planted);
  running.observe({
    kind: 'schedule-log',
    case: number,
    matches: scan.matches.slice(0, 5).map(({ id, text }) => ({ id, text })),
    planted: found,
    serviceLines: scan.serviceLines,
  });
}

async function* chunksOf(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

/** The end of a life's log: long enough to hold an error above its stack. */
export function lastWords({ logs, logStart }: Pick<Instance, 'logs' | 'logStart'>): string[] {
  let lines: string[] = [];
  for (let cursor = logStart; ;) {
    const slice = logs(cursor);
    if (slice.cursor === cursor) return lines.map((line) => line.slice(0, MAX_LINE));
    lines = [
      ...lines,
      ...slice.lines.map((line) => takePlants(line).rest).filter((line) => line !== ''),
    ].slice(-LAST_LINES);
    cursor = slice.cursor;
  }
}

/** The case may have been broken off anywhere: nothing of it goes on into the next. */
async function endRest({ lane, number, observe, lives }: RunningCase): Promise<void> {
  for (const supervisor of [lane.first(), lane.second()]) {
    const left = await supervisor.endSurvivors().catch((error: unknown) => errorText(error));
    if (typeof left === 'string' || left.length > 0)
      observe({
        kind: 'schedule-broken',
        case: number,
        reason: `something could not be ended: ${JSON.stringify(left)}`,
      });
  }
  // What has ended is known to have ended a moment later: the next start asks for it.
  for (const instance of lives) await instance.exited(deadlineIn(GONE_WITHIN_MS, 'an ended life to be gone'));
}
