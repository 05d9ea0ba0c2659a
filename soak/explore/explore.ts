/**
 * The exploration: random schedules on one lane or several until the budget is over; a failure is shrunk, run again,
 * and written down as a schedule. Called by `explore-stage.ts`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Limits } from '../../harness/config.ts';
import { errorText } from '../../harness/errors.ts';
import type { CasePurpose, ExplorationEnd, Step, StepKind } from '../../harness/observations/explore.ts';
import type { Progress, StageFiles } from '../../harness/stage.ts';
import { centreMoments } from './centre.ts';
import { judgeCase, type CaseFact, type CaseFailure } from './judge-case.ts';
import { onEveryLane, type Lane } from './lane.ts';
import { generateLot } from './generate.ts';
import { runCase, type CaseSetting } from './run-case.ts';
import { SCHEDULES_FOLDER, writeSchedule } from './schedule.ts';
import { shrinkSchedule } from './shrink.ts';
import { describeSteps } from './steps.ts';

/** How often a shrunk schedule is run again: often where it is quick. */
const AGAIN = { quick: 10, slow: 5, quickMs: 500 } as const;
/** So many cases in a row that the harness itself broke say that it cannot explore here. */
const BROKEN_IN_A_ROW = 5;

export interface Exploration extends CaseSetting {
  lanes: readonly Lane[];
  seed: number;
  kinds: readonly StepKind[];
  /** It ends after so many different failures. */
  findings: number;
  /** It ends after so many cases; left out: with its budget. */
  cases?: number | undefined;
  /** How often a shrunk schedule is run again; left out: often where it is quick. */
  again?: number | undefined;
  limits: Limits;
  serviceName: string;
  files: StageFiles;
  progress: Progress;
  /** Aborted by an interruption only: `signal` also by the end of the budget. */
  interruption: AbortSignal;
}

interface State {
  cases: number;
  brokenInARow: number;
  brokenFor?: string;
  lot: number;
  waiting: Step[][];
  struck: Set<StepKind>;
  /** What each lane carries out, by its number. */
  underway: Map<number, readonly Step[]>;
  known: Set<string>;
}

/** @returns why it ended. Everything that was seen is on disk. */
export async function explore(exploration: Exploration): Promise<{ why: ExplorationEnd; reason?: string }> {
  const state: State = {
    cases: 0,
    brokenInARow: 0,
    lot: 0,
    waiting: [],
    struck: new Set(),
    underway: new Map(),
    known: new Set(),
  };
  mkdirSync(join(exploration.files.folder, SCHEDULES_FOLDER), { recursive: true });
  await onEveryLane(exploration.lanes, exploration.signal, (lane, signal) =>
    exploreLane({ ...exploration, signal }, state, lane),
  );
  if (exploration.interruption.aborted) return { why: 'interrupted' };
  if (state.brokenFor !== undefined) return { why: 'harness', reason: state.brokenFor };
  if (state.known.size >= exploration.findings) return { why: 'found-enough' };
  return { why: exploration.signal.aborted ? 'budget' : 'cases-done' };
}

async function exploreLane(exploration: Exploration, state: State, lane: Lane): Promise<void> {
  const over = (): boolean =>
    exploration.signal.aborted ||
    state.brokenFor !== undefined ||
    state.known.size >= exploration.findings ||
    state.cases >= (exploration.cases ?? Number.POSITIVE_INFINITY);
  // An ordinary life first: what it takes is the measure of every offset.
  let steps: Step[] = [{ do: 'start' }, { do: 'stop' }];
  for (; !over(); steps = nextSchedule(exploration, state)) {
    state.underway.set(lane.number, steps);
    const { failure } = await tryCase(exploration, state, lane, steps, 'explore');
    exploration.progress.status(`explored ${state.cases} cases, ${state.known.size} failures`);
    if (failure === undefined || state.known.has(failure.signature)) continue;
    state.known.add(failure.signature);
    await followUp(exploration, state, lane, failure);
  }
}

/** The next of the lot: the one with most kinds of steps that have not been carried out, and are not on another lane. */
function nextSchedule({ seed, kinds }: Exploration, state: State): Step[] {
  while (state.waiting.length === 0) {
    state.waiting = generateLot(seed, state.lot, kinds);
    state.lot += 1;
  }
  const underway = [...state.underway.values()].flat().map((step) => step.do);
  const known = new Set([...state.struck, ...underway]);
  const fresh = state.waiting.map(
    (steps) => new Set(steps.map((step) => step.do).filter((kind) => !known.has(kind))).size,
  );
  return state.waiting.splice(fresh.indexOf(Math.max(...fresh)), 1)[0] as Step[];
}

interface Tried {
  facts: CaseFact[];
  failure: (CaseFailure & { steps: Step[] }) | undefined;
}

async function tryCase(
  exploration: Exploration,
  state: State,
  lane: Lane,
  steps: readonly Step[],
  purpose: CasePurpose,
): Promise<Tried> {
  state.cases += 1;
  const facts = await runCase(lane, steps, { number: state.cases, purpose }, exploration);
  const verdict = judgeCase(facts, exploration.limits);
  noteBroken(exploration, state, verdict.kind === 'broken' ? verdict.reason : undefined);
  if (verdict.kind === 'held') for (const step of steps) state.struck.add(step.do);
  if (verdict.kind !== 'failed') return { facts, failure: undefined };
  return { facts, failure: { ...verdict.failure, steps: steps.slice(0, verdict.failure.step + 1) } };
}

function noteBroken({ signal }: Exploration, state: State, reason: string | undefined): void {
  if (signal.aborted) return;
  state.brokenInARow = reason === undefined ? 0 : state.brokenInARow + 1;
  if (state.brokenInARow >= BROKEN_IN_A_ROW)
    state.brokenFor ??= `${BROKEN_IN_A_ROW} cases in a row broke off: ${reason}`;
}

/** Shrinks a failure, runs it again, and keeps it as a schedule. */
async function followUp(
  exploration: Exploration,
  state: State,
  lane: Lane,
  first: CaseFailure & { steps: Step[] },
): Promise<void> {
  const { progress, signal, files } = exploration;
  const { signature } = first;
  const number = state.cases;
  let last: CaseFailure = first;
  progress.note(`explore: ${signature} after ${first.steps.length} steps; shrinking`);
  const same = async (steps: readonly Step[], purpose: CasePurpose): Promise<Step[] | undefined> => {
    const { failure } = await tryCase(exploration, state, lane, steps, purpose);
    if (failure?.signature !== signature) return undefined;
    last = failure;
    return failure.steps;
  };
  const over = (): boolean => signal.aborted || state.brokenFor !== undefined;
  const attempt = (each: readonly Step[]): Promise<Step[] | undefined> => same(each, 'shrink');
  const shrunk = await shrinkSchedule(first.steps, attempt, over);
  const centred = await centreMoments(shrunk.steps, attempt, over);
  const { steps } = centred;
  const { seen, of } = await runAgain(() => same(steps, 'again'), over, exploration.again);
  const cutShort =
    shrunk.complete && centred.complete && of > 0 ? undefined : whyCutShort(exploration, state);
  const outcome = { seen, of, ...(cutShort === undefined ? {} : { cutShort }) };
  exploration.observe({
    kind: 'schedule-found',
    signature,
    case: number,
    steps,
    fromSteps: first.steps.length,
    ...outcome,
  });
  writeSchedule(files, {
    ...last,
    steps,
    seed: exploration.seed,
    service: exploration.serviceName,
    ...outcome,
  });
  progress.note(`explore: ${signature}: ${describeSteps(steps)}; ${seen} of ${of} when run again`);
}

async function runAgain(
  run: () => Promise<Step[] | undefined>,
  over: () => boolean,
  again: number | undefined,
): Promise<{ seen: number; of: number }> {
  const startedAt = performance.now();
  let seen = 0;
  let of = 0;
  while (!over() && of < (again ?? againOf(performance.now() - startedAt, of))) {
    const failed = await run();
    // One that was broken off by the end of the budget counts neither way.
    if (over() && failed === undefined) break;
    of += 1;
    if (failed !== undefined) seen += 1;
  }
  return { seen, of };
}

function againOf(elapsedMs: number, done: number): number {
  return done === 0 || elapsedMs / done <= AGAIN.quickMs ? AGAIN.quick : AGAIN.slow;
}

function whyCutShort({ interruption }: Exploration, { brokenFor }: State): string {
  if (interruption.aborted) return `interrupted (${errorText(interruption.reason)})`;
  return brokenFor ?? 'the budget was over';
}
