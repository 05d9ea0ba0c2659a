/**
 * The contract of a step of the machine test. One file for each step, named after what must hold; `steps.ts` has the
 * order. A step's file says what it does to the machine and what must be seen; `machine-stage.ts` runs it.
 */
import type { CommandResult } from '../../harness/transport/transport.ts';
import type { Outcome } from '../../harness/verdict.ts';
import type { Machine } from './machine.ts';
import type { Releases } from './releases.ts';

export interface Step {
  /** The file's name, and the check of its verdicts. */
  id: string;
  /** What must hold, in words: `a second install changes nothing`. */
  title: string;
  /** Steps without whose pass this one says nothing. */
  needs: readonly string[];
  /** @throws Unmet when what must hold does not; anything else that is thrown leaves it unknown. */
  run(stand: Stand): Promise<Finding | Finding[]>;
}

/** What a step saw. */
export interface Finding {
  outcome: Outcome;
  message: string;
  fix?: string;
  /** Tells several findings of one step apart. */
  subject?: string;
}

/** What a step has at hand. */
export interface Stand {
  readonly machine: Machine;
  readonly releases: Releases;
  readonly signal: AbortSignal;
  /** Runs a program inside and writes it down, with its output and its end. */
  inside(command: readonly string[], options?: InsideOptions): Promise<Ended>;
  /** The same, and a code other than 0 is an {@link Unmet}. @returns standard output. */
  must(command: readonly string[], options?: InsideOptions): Promise<string>;
  /** A line for the evidence of this step. */
  log(text: string): void;
  /** What one step leaves for the next ones: which release is meant to run. */
  readonly memory: Memory;
}

export interface InsideOptions {
  timeoutMs?: number;
  input?: string;
}

/** A command that ran to its end. */
export type Ended = Extract<CommandResult, { ran: true }>;

export interface Memory {
  /** The release that must answer now. */
  release?: string;
}

/** What must hold does not. The message says what was seen and what was expected. */
export class Unmet extends Error {
  override readonly name: string = 'Unmet';
  readonly fix: string | undefined;
  constructor(message: string, fix?: string) {
    super(message);
    this.fix = fix;
  }
}

/** @throws Unmet */
export function expect(holds: boolean, message: string, fix?: string): asserts holds {
  if (!holds) throw new Unmet(message, fix);
}

/** What a step ends with when everything held. */
export const pass = (message: string): Finding => ({ outcome: 'pass', message });
