/**
 * What rules may be given besides the source: found by the gate (and by `check`), never looked for by a rule. A rule names
 * what it cannot judge without in `needs`; it is skipped, with the reason, where that is not there.
 */
import type { Location } from '../../harness/verdict.ts';

/** A systemd unit (or an orchestrator's file) that runs the service, as far as its stop is concerned. */
export interface GivenUnit {
  /** Where the limit is written; where it is left to the default, the `[Service]` section. */
  location: Location;
  /** How a message calls it: `TimeoutStopSec=15`, `terminationGracePeriodSeconds: 30`, `the default TimeoutStopSec (90 s)`. */
  words: string;
  /** From the stop signal to the kill, in milliseconds. */
  stopWithinMs: number;
}

/** A route that the OpenAPI document describes. */
export interface GivenRoute {
  /** Upper case. */
  method: string;
  /** As the document writes it: `/api/bots/{id}`. */
  path: string;
  /** Where it stands in the document, when that is a file of the project. */
  location?: Location;
}

/** The versions of Node that the package says it runs on. */
export interface GivenRuntime {
  /** Where `engines` is written. */
  location: Location;
  /** How a message calls it: `engines.node ">=18"`. */
  words: string;
  oldestMajor: number;
}

export interface Given {
  runtime?: GivenRuntime;
  unit?: readonly GivenUnit[];
  /** `base`: the path of the document's first server, without a slash at the end. */
  openapi?: { source: string; base: string; routes: readonly GivenRoute[] };
}

export type Need = keyof Given;

/** What a skipped rule says is missing. */
export const NEEDED = {
  runtime: 'the versions of Node in engines of package.json',
  unit: 'a systemd unit or an orchestrator file that runs the service',
  openapi: 'an OpenAPI document in the repository',
} as const satisfies Record<Need, string>;
