/**
 * What the fault scenarios see, besides the steps of each life; `cycle` is the number of the case, one life of the
 * service with one fault. Part of the union in `observation.ts`.
 */

/** How the life of a case may end without its being a finding. */
export const ENDINGS = [
  'clean', // by itself, with the agreed code
  'early', // told to stop before it was ready: clean, or by the signal itself while nobody handled it
  'killed', // by the harness
  'refused', // by itself before it was ready, with a code other than 0
  'failed', // by itself, with a code other than 0: something went wrong and it says so
  'any', // by itself, with whatever code
] as const;
export type Ending = (typeof ENDINGS)[number];

/** One life of the service with one fault. */
export interface FaultCase {
  /** Counts from 1 within the scenario. */
  cycle: number;
  name: string;
  ends: Ending;
  /** Nothing strikes: a life to compare with, or the next start. */
  plain?: true;
  /** It must give up something that hangs, for which it may take the whole time that it is given (`service.exitWithinMs`). */
  givesUp?: true;
}

/** What became of a connection that a scenario held open over a stop. */
export type ClientFate =
  | 'answered' // a whole answer with an accepted status
  | 'wrongStatus'
  | 'ended' // closed in order, by the service
  | 'cut' // reset, or closed in the middle of an answer
  | 'refused'
  | 'open'; // nobody had ended it when the exit was seen, or when the wait was over

export type FaultFact =
  | { kind: 'fault-planned'; scenario: string; cases: FaultCase[]; listens: boolean; seed: number }
  /** `host`: this one cannot provoke it; `service`: the fault has no meaning for this service. */
  | { kind: 'fault-not-run'; scenario: string; lacking: 'host' | 'service'; reason: string }
  | { kind: 'case-begun'; cycle: number; name: string }
  | { kind: 'case-ended'; cycle: number }
  | { kind: 'case-aborted'; cycle: number; reason: string }
  /** What shows that the fault has really struck, in words. */
  | { kind: 'struck'; cycle: number; by: string }
  /** The fault cannot strike this service, which is seen from what it did: it was gone before a second signal. */
  | { kind: 'moot'; cycle: number; reason: string }
  /** A connection of the harness's own, and what became of it; times from the stop signal. */
  | {
      kind: 'client-ended';
      cycle: number;
      client: string;
      fate: ClientFate;
      afterMs: number;
      detail?: string;
    }
  /** Whether the service said that it is ready when it was asked at some moment; `notAsked`: why it could not be. */
  | {
      kind: 'readiness-asked';
      cycle: number;
      moment: string;
      ready: boolean;
      reason?: string;
      notAsked?: string;
    }
  /** A count or time that a judge compares: `cpuMs`, `logLines`. */
  | { kind: 'measured'; cycle: number; what: string; value: number }
  /** Words that a judge looks for: the last lines of a log, an answer. */
  | { kind: 'heard'; cycle: number; what: string; words: string };
