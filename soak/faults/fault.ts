/**
 * What a fault scenario is: one file of `soak/scenarios/faults`, one default export. It drives and observes; what must
 * hold after every fault is judged by `always.ts`, what must hold after this one by the scenario's own `judge`, pure.
 */
import type { Config, Limits, ServiceConfig } from '../../harness/config.ts';
import type { LifecycleMember } from '../../harness/lifecycle-members.ts';
import type { FaultCase, Observation } from '../../harness/observation.ts';
import type { Judgement } from '../judges/judge.ts';
import type { HostAbilities } from './host-abilities.ts';
import type { Trial } from './trial.ts';

export const GROUPS = [
  'restart',
  'signals',
  'crash',
  'stop-faults',
  'start-faults',
  'clients',
  'dependencies',
  'host',
  'time',
] as const;
export type FaultGroup = (typeof GROUPS)[number];

/** What of the configuration a scenario may look at. */
export type FaultConfig = Pick<Config, 'soak' | 'companions' | 'limits' | 'routes'> & {
  service: ServiceConfig;
  /** The starts and stops that the source shows; absent: nobody has looked. */
  members?: readonly LifecycleMember[];
};

/** A case as a scenario plans it; the frame numbers it. */
export type PlannedCase = Omit<FaultCase, 'cycle'>;

/** What is on record of one case. */
export interface CaseHistory {
  case: FaultCase;
  observations: Observation[];
  /** Of every case of the scenario, for what is compared. */
  all: Observation[];
}

export interface FaultScenario {
  /** The name of the file, and of the check. */
  name: string;
  group: FaultGroup;
  /** The state that must hold. */
  title: string;
  /** What happens in production when it does not. */
  why: string;
  fix: string;
  /** Numbers of the failure modes that it provokes: see `failure-modes.ts`. */
  modes: readonly number[];
  /** Part of `shakedown soak` and of the gate; the rest runs with `--all`. */
  important: boolean;
  /** Log lines that this fault makes a healthy service write. */
  allow?: readonly { pattern: string; reason: string }[];
  /** Why its log is not judged: a skip. */
  logless?: string;
  /** Why the fault has no meaning for this service; a skip. Pure. */
  doesNotApply?(config: FaultConfig): string | undefined;
  /** Why this host cannot provoke it; unknown. */
  cannotRun?(host: HostAbilities, config: FaultConfig): string | undefined;
  /** The lives that are planned; a plain start and stop follows by itself. */
  cases(config: FaultConfig): readonly PlannedCase[];
  /** Lives one of them. */
  run(trial: Trial): Promise<void>;
  /** What must hold besides what must hold always. Pure. */
  judge?(history: CaseHistory, limits: Limits): Omit<Judgement, 'evidence'>[];
}
