/**
 * Judges one case of an exploration from what was seen: what must hold after every step whatever happened before. Pure;
 * asked while exploring, so that a failure can be shrunk, and again at the end and by `shakedown judge`.
 */
import type { Limits } from '../../harness/config.ts';
import type { FactOf } from '../../harness/observation.ts';
import type { ExploreFact } from '../../harness/observations/explore.ts';
import { signatureOf, tellingLine } from './signature.ts';

/** A rule of the exploration that was broken. */
export const INVARIANTS = {
  'became-ready': 'the next start gets ready in time',
  'exited-in-time': 'told to stop, it ends in time',
  'exit-code': 'it ends with a truthful code, and only when told to',
  'port-freed': 'its port is free after its end',
  'no-survivors': 'nothing outlives it',
  'requests-answered': 'while it is ready it answers',
  'second-refused': 'a second one on its port ends by itself, and leaves the first alone',
  'log-clean': 'its log holds no forbidden line',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export interface CaseFailure {
  invariant: Invariant;
  /** Step of the case, from 0. */
  step: number;
  message: string;
  /** The same for the same failure, whatever the timing. */
  signature: string;
}

/** `broken`: the harness's own doing or an interruption; nothing can be said about the service. */
export type CaseVerdict =
  { kind: 'held' } | { kind: 'failed'; failure: CaseFailure } | { kind: 'broken'; reason: string };

/** The facts of one case, in order. */
export type CaseFact = Extract<ExploreFact, { case: number }>;
type Judged = Pick<Limits, 'readyWithinMs' | 'exitWithinMs' | 'portFreeWithinMs' | 'exitCode'>;

/** Node says so of a TCP port; of the file of a socket it names the path. */
const TCP_PORT_TAKEN = /EADDRINUSE[^\n]*:\d+/;

export function judgeCase(facts: readonly CaseFact[], limits: Judged): CaseVerdict {
  const broken = facts.find((fact) => fact.kind === 'schedule-broken');
  for (const fact of facts) {
    if (
      (fact.kind === 'schedule-not-ready' || fact.kind === 'schedule-exited') &&
      fact.lastLines.some((line) => TCP_PORT_TAKEN.test(line))
    )
      return clash(fact.lastLines);
    const found = judgeFact(fact, limits);
    if (found !== undefined) return { kind: 'failed', failure: withSignature(found) };
  }
  if (broken !== undefined) return { kind: 'broken', reason: broken.reason };
  const log = facts.find((fact) => fact.kind === 'schedule-log');
  if (log !== undefined && log.matches.some(({ text }) => TCP_PORT_TAKEN.test(text)))
    return clash(log.matches.map(({ text }) => text));
  if (!facts.some(({ kind }) => kind === 'schedule-ended'))
    return { kind: 'broken', reason: 'the case did not end' };
  if (log === undefined || !log.planted)
    return { kind: 'broken', reason: "the harness's own line was not found again in the log" };
  // One that was killed before it was ready may not have said anything yet.
  if (log.serviceLines <= 0 && facts.some(({ kind }) => kind === 'schedule-ready'))
    return {
      kind: 'broken',
      reason: 'its log holds no line of the service: it goes elsewhere, or nothing is logged',
    };
  const unseen = facts.find((fact) => fact.kind === 'schedule-survivors' && !fact.processes.readable);
  if (unseen?.kind === 'schedule-survivors' && !unseen.processes.readable)
    return { kind: 'broken', reason: `what outlived it cannot be seen: ${unseen.processes.reason}` };
  return { kind: 'held' };
}

/** The port had just been proved free: whoever took it is none of the service's. */
function clash(lines: readonly string[]): CaseVerdict {
  const line = lines.find((text) => TCP_PORT_TAKEN.test(text)) ?? '';
  return {
    kind: 'broken',
    reason: `a port was taken by somebody else (${line.slice(0, 160)}): run fewer lanes, or give the service no fixed port`,
  };
}

interface Found extends Omit<CaseFailure, 'signature'> {
  /** What tells this failure from others of the same rule. */
  detail: readonly string[];
}

function withSignature({ detail, ...failure }: Found): CaseFailure {
  return { ...failure, signature: signatureOf(failure.invariant, detail) };
}

function judgeFact(fact: CaseFact, limits: Judged): Found | undefined {
  switch (fact.kind) {
    case 'schedule-not-ready':
      return notReady(fact);
    case 'schedule-ready':
      return fact.afterMs <= limits.readyWithinMs
        ? undefined
        : found(
            'became-ready',
            fact,
            `ready after ${Math.round(fact.afterMs)} ms, limit ${limits.readyWithinMs} ms`,
            ['late'],
          );
    case 'schedule-exited':
      return exited(fact, limits);
    case 'schedule-still-running':
      return found('exited-in-time', fact, `it did not end: ${fact.reason}`, ['still running']);
    case 'schedule-port':
      return fact.free && fact.afterMs <= limits.portFreeWithinMs
        ? undefined
        : found(
            'port-freed',
            fact,
            `its port was held ${Math.round(fact.afterMs)} ms after its end by ${fact.holder ?? 'nobody any more'}`,
            ['held'],
          );
    case 'schedule-survivors':
      return survivors(fact);
    case 'schedule-asked':
      return fact.answered === fact.sent
        ? undefined
        : found(
            'requests-answered',
            fact,
            `${fact.answered} of ${fact.sent} requests were answered: ${fact.reason ?? ''}`,
            [fact.reason ?? ''],
          );
    case 'schedule-beside':
      return beside(fact);
    case 'schedule-log':
      return forbidden(fact);
    default:
      return undefined;
  }
}

function found(
  invariant: Invariant,
  { step }: { step: number },
  message: string,
  detail: readonly string[],
): Found {
  return { invariant, step, message, detail };
}

function notReady(fact: FactOf<'schedule-not-ready'>): Found {
  const how = fact.exit === undefined ? 'not ready' : exitText(fact.exit);
  return found(
    'became-ready',
    fact,
    `it did not get ready: ${fact.exit === undefined ? fact.reason : `${how}: ${tellingLine(fact.lastLines)}`}`,
    [how, ...fact.lastLines],
  );
}

function exited(fact: FactOf<'schedule-exited'>, { exitCode, exitWithinMs }: Judged): Found | undefined {
  const last = tellingLine(fact.lastLines);
  // Killed, nobody ends with a code: it had ended by itself when the kill came.
  const told = fact.signal === 'SIGKILL' ? fact.told : fact.told.filter((signal) => signal !== 'SIGKILL');
  if (told.length === 0 && fact.beforeReady)
    return found('became-ready', fact, `it ended before it was ready (${exitText(fact)}): ${last}`, [
      exitText(fact),
      ...fact.lastLines,
    ]);
  if (told.length === 0)
    return found('exit-code', fact, `it ended unasked (${exitText(fact)}): ${last}`, [
      'unasked',
      exitText(fact),
      ...fact.lastLines,
    ]);
  if (fact.afterMs > exitWithinMs)
    return found(
      'exited-in-time',
      fact,
      `it ended after ${Math.round(fact.afterMs)} ms, limit ${exitWithinMs} ms`,
      ['late'],
    );
  if (isTruthful(fact, exitCode)) return undefined;
  const when = fact.beforeReady ? 'while it started' : 'once it was ready';
  const message = `told ${told.join(', ')} ${when}, it ended with ${exitText(fact)}, expected code ${exitCode}: ${last}`;
  return found('exit-code', fact, message, [exitText(fact), ...fact.lastLines]);
}

/**
 * A process that takes itself down no longer handles signals: Node dies of one that comes then. Who ended no earlier than
 * this before an undisturbed stop would have been over was not cut short.
 */
const TAKEDOWN_MS = 60;

/**
 * Killed, it ends by that. Told before it could handle a signal, or when its stop was as good as over, it ends by that
 * signal, which is as true as the code.
 */
function isTruthful(fact: FactOf<'schedule-exited'>, exitCode: number): boolean {
  const { told, beforeReady, code, signal, afterMs, leastStopMs } = fact;
  if (signal === null)
    return code === exitCode || (beforeReady && told.some((name) => code === 128 + numberOf(name)));
  if (signal === 'SIGKILL' || beforeReady) return told.includes(signal);
  return told.slice(1).includes(signal) && afterMs + TAKEDOWN_MS >= (leastStopMs ?? 0);
}

const NUMBERS: Record<string, number> = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGUSR2: 12, SIGTERM: 15 };
const numberOf = (name: string): number => NUMBERS[name] ?? Number.NaN;

/** Who was killed can end nobody: only what outlives an orderly end counts. */
function survivors(fact: FactOf<'schedule-survivors'>): Found | undefined {
  if (fact.killed || !fact.processes.readable || fact.processes.value.length === 0) return undefined;
  const names = fact.processes.value.map(({ command }) => command);
  return found('no-survivors', fact, `outlived it: ${names.join(', ')}`, names);
}

function beside(fact: FactOf<'schedule-beside'>): Found | undefined {
  if (fact.firstAnswers === false)
    return found('second-refused', fact, 'the first life no longer answered after a second one was started', [
      'first silent',
    ]);
  if (fact.while === 'stopping') return undefined;
  if (fact.became === 'stayed')
    return found('second-refused', fact, 'a second life stayed although its port was taken', ['stayed']);
  if (fact.exit?.code === 0)
    return found('second-refused', fact, 'a second life ended with code 0 although it could not serve', [
      'code 0',
    ]);
  return undefined;
}

function forbidden(fact: FactOf<'schedule-log'>): Found | undefined {
  const hits = fact.matches.filter(({ text }) => !TCP_PORT_TAKEN.test(text));
  const [first] = hits;
  if (first === undefined) return undefined;
  return {
    invariant: 'log-clean',
    step: Number.MAX_SAFE_INTEGER,
    message: `${first.id}: ${first.text}`,
    detail: [first.id],
  };
}

function exitText({ code, signal }: { code: number | null; signal: string | null }): string {
  return signal === null ? `code ${code}` : signal;
}
