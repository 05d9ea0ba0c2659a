/**
 * What a judge of the scenario companion-moods is, and what these judges share: each is a pure function from one cell,
 * one life in one mood of one subject, to an opinion. Asked by `soak/moods/judge-moods.ts`.
 */
import type { Limits } from '../../../harness/config.ts';
import type { MoodsConfig } from '../../../harness/config/moods.ts';
import type { ExitFact, FactKind, Hearing, ObservationOf } from '../../../harness/observation.ts';
import type { CellHistory } from '../../moods/history.ts';
import { type Judge, type Judgement, ms, observed } from '../judge.ts';

/** What is held against a cell. */
export interface MoodExpectation {
  moods: MoodsConfig;
  limits: Limits;
}

export interface MoodJudge extends Omit<Judge, 'judge'> {
  judge(history: CellHistory, expected: MoodExpectation): Opinion;
}

/** A judgement on one cell; its evidence is that of the cell. */
export type Opinion = Pick<Judgement, 'outcome' | 'message' | 'fix'> & Partial<Pick<Judgement, 'evidence'>>;

/** The first observation of a kind in this cell. */
export function seen<K extends FactKind>(history: CellHistory, kind: K): ObservationOf<K> | undefined {
  return observed(history, kind)[0];
}

/** The exit of a life that never became ready, by itself. */
export function refusal(history: CellHistory): { exit: ExitFact; reason: string } | undefined {
  const failed = seen(history, 'start-failed');
  return failed?.exit === undefined ? undefined : { exit: failed.exit, reason: failed.reason };
}

/** What is left open for a life that refused to start: there was nothing to look at. */
export const REFUSED: Opinion = { outcome: 'skip', message: 'it refused to start in this mood' };

export const pass = (message: string): Opinion => ({ outcome: 'pass', message });
export const fail = (message: string): Opinion => ({ outcome: 'fail', message });
export const unknown = (message: string): Opinion => ({ outcome: 'unknown', message });

export function describeExit({ code, signal }: ExitFact): string {
  return signal === null ? `code ${code}` : `${signal}, without a handler or killed`;
}

/** `"connecting", then "down" after 1200 ms`; what it was when it said nothing. */
export function describeHearing({ words, wordless, asked }: Hearing): string {
  const said = words.map(({ word, afterMs }, index) =>
    index === 0 ? `"${word}"` : `then "${word}" after ${ms(afterMs)}`,
  );
  if (said.length > 0) return said.join(', ');
  return wordless === undefined ? `nothing, asked ${asked} times` : `nothing: ${wordless.reason}`;
}

/** `"down" or "degraded"` */
export function eitherOf(words: readonly string[]): string {
  return words.map((word) => `"${word}"`).join(' or ');
}
