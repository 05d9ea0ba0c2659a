/**
 * What must hold after every fault: the fault struck, the service exited in time with a code that is true, its port is
 * free, nothing outlived it. Pure. Asked by `judge-faults.ts` about each case.
 */
import type { Limits } from '../../harness/config.ts';
import type { Ending, ExitFact } from '../../harness/observation.ts';
import { ms, observed, type Judgement } from '../judges/judge.ts';
import type { CaseHistory } from './fault.ts';

export type CaseOpinion = Pick<Judgement, 'outcome' | 'message'>;

const fail = (message: string): CaseOpinion => ({ outcome: 'fail', message });
const unknown = (message: string): CaseOpinion => ({ outcome: 'unknown', message });
const pass = (message: string): CaseOpinion => ({ outcome: 'pass', message });

/** Every opinion that holds for any case, the worst of them first to be told by whoever merges them. */
export function judgeAlways(history: CaseHistory, limits: Limits, listens: boolean): CaseOpinion[] {
  return [
    judgeStart(history),
    judgeExit(history, limits),
    listens ? judgePort(history) : undefined,
    judgeSurvivors(history),
    judgeStrike(history),
    judgeCourse(history),
  ].filter((opinion) => opinion !== undefined);
}

function judgeStart(history: CaseHistory): CaseOpinion | undefined {
  const failed = observed(history, 'start-failed')[0];
  const mayRefuse = history.case.ends === 'refused' || history.case.ends === 'any';
  if (mayRefuse && failed?.exit?.code === 0)
    return fail(`ended with code 0 before it was ready: ${failed.reason}`);
  if (failed !== undefined && !(mayRefuse && failed.exit !== undefined)) {
    // Without an exit there never was a process: that says nothing about the service.
    return failed.exit === undefined
      ? unknown(`not started: ${failed.reason}`)
      : fail(`did not start: ${failed.reason}`);
  }
  const ready = observed(history, 'ready')[0];
  const isMoot = observed(history, 'moot').length > 0;
  if (ready !== undefined && history.case.ends === 'refused' && !isMoot)
    return fail(`it was ready after ${ms(ready.afterMs)}, and should have refused to start`);
  const late = observed(history, 'not-ready')[0];
  return late === undefined ? undefined : fail(`not ready after ${ms(late.afterMs)}: ${late.reason}`);
}

function judgeExit(history: CaseHistory, limits: Limits): CaseOpinion | undefined {
  const unasked = observed(history, 'exited-unasked')[0];
  if (unasked !== undefined)
    return fail(
      `ended unasked ${unasked.during} (${describeExit(unasked)}): ${unasked.lastLines.slice(-2).join(' | ')}`,
    );
  const running = observed(history, 'still-running')[0];
  if (running !== undefined) return fail(`still running ${ms(running.afterMs)} after the stop signal`);
  const refused = observed(history, 'start-failed')[0]?.exit;
  const exited = observed(history, 'exited').at(-1);
  const exit = exited ?? refused;
  if (exit === undefined) return unknown('its exit was not seen');
  const isMoot = observed(history, 'moot').length > 0;
  const ends = isMoot ? 'moot' : history.case.ends;
  const isTimed = history.case.givesUp !== true;
  if (isTimed && exited !== undefined && exited.afterMs > limits.exitWithinMs)
    return fail(`exited ${ms(exited.afterMs)} after the stop signal; limit ${limits.exitWithinMs} ms`);
  if (!TRUTHFUL[ends].accepts(exit, limits.exitCode))
    return fail(`ended by ${describeExit(exit)}; expected ${TRUTHFUL[ends].words(limits.exitCode)}`);
  return pass(
    exited === undefined
      ? describeExit(exit)
      : `${describeExit(exit)} ${ms(exited.afterMs)} after the last signal`,
  );
}

interface Truth {
  accepts(exit: ExitFact, clean: number): boolean;
  words(clean: number): string;
}

const isClean = ({ code, signal }: ExitFact, clean: number): boolean => signal === null && code === clean;
const isFailure = ({ code, signal }: ExitFact): boolean => signal === null && code !== null && code !== 0;
/** 128 and the number of the signal, as shells and wrappers say it. */
const BY_SIGNAL = new Set([129, 130, 131, 143]);

const TRUTHFUL = {
  clean: { accepts: isClean, words: (code) => `code ${code}` },
  early: {
    accepts: (exit, code) =>
      isClean(exit, code) ||
      (exit.signal !== null && exit.signal !== 'SIGKILL' && !CRASHES.has(exit.signal)) ||
      BY_SIGNAL.has(exit.code ?? 0),
    words: (code) => `code ${code}, or the signal itself`,
  },
  killed: { accepts: ({ signal }) => signal === 'SIGKILL', words: () => 'SIGKILL' },
  refused: { accepts: isFailure, words: () => 'a code other than 0' },
  failed: { accepts: isFailure, words: () => 'a code other than 0' },
  any: { accepts: ({ signal }) => signal === null, words: () => 'an exit by itself' },
  // What could not strike may have come a moment too late.
  moot: {
    accepts: (exit, code) => isClean(exit, code) || (exit.signal !== null && !CRASHES.has(exit.signal)),
    words: (code) => `code ${code}, or the signal itself`,
  },
} as const satisfies Record<Ending | 'moot', Truth>;

const CRASHES = new Set(['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGTRAP']);

function judgePort(history: CaseHistory): CaseOpinion | undefined {
  const held = observed(history, 'port-held')[0];
  if (held !== undefined)
    return fail(`its port is not free ${ms(held.afterMs)} after the exit: held by ${held.holder}`);
  return observed(history, 'port-free').length === 0 ? unknown('its port was not looked at') : undefined;
}

function judgeSurvivors(history: CaseHistory): CaseOpinion | undefined {
  const looks = observed(history, 'survivors');
  if (looks.length === 0) return unknown('what outlived it was not looked for');
  for (const { processes } of looks) {
    if (!processes.readable) return unknown(`survivors cannot be seen: ${processes.reason}`);
    if (processes.value.length === 0) continue;
    const names = processes.value.slice(0, 3).map(({ pid, command }) => `pid ${pid} (${command})`);
    return fail(`outlived it: ${names.join(', ')}`);
  }
  return undefined;
}

function judgeStrike(history: CaseHistory): CaseOpinion | undefined {
  if (history.case.plain === true) return undefined;
  const struck = observed(history, 'struck').map(({ by }) => by);
  if (struck.length > 0) return pass(struck.join('; '));
  const moot = observed(history, 'moot')[0];
  return moot === undefined
    ? unknown('the fault is not known to have struck')
    : { outcome: 'skip', message: moot.reason };
}

function judgeCourse(history: CaseHistory): CaseOpinion | undefined {
  const aborted = observed(history, 'case-aborted')[0];
  if (aborted !== undefined) return unknown(`broken off: ${aborted.reason}`);
  return observed(history, 'case-ended').length === 0 ? unknown('its end is not on record') : undefined;
}

export function describeExit({ code, signal }: ExitFact): string {
  return signal === null ? `code ${code}` : signal;
}
