/** What a scenario is given, and how it ends early. Scenarios drive and observe; they never judge. */
import type { LoadConfig, ServiceConfig } from '../../harness/config.ts';
import type { IdentityConfig } from '../../harness/config/routes.ts';
import type { Progress } from '../../harness/stage.ts';
import type { Supervisor } from '../../harness/supervisors/supervisor.ts';
import type { Probe } from '../inside/probe.ts';
import type { Recorder } from '../recorder.ts';

export interface ScenarioContext {
  supervisor: Supervisor;
  service: ServiceConfig;
  /** `false`: none on purpose; `undefined`: not configured. */
  load: LoadConfig | false | undefined;
  /** Who may send the load, by name. */
  identities: Readonly<Record<string, IdentityConfig>>;
  /** Masks a value from now on in everything that is written. */
  conceal(value: string): void;
  /** Ports of the companions that run; absent without any. */
  companionPorts?: ReadonlySet<number>;
  /** Somebody else listens through every restart: the port is never free, and nobody may be refused. */
  keptListener?: boolean;
  /** Where the service itself listens, when its clients go through a proxy, which keeps connections to it. */
  portBehindProxy?: number;
  /** Why lives are not looked into from inside. */
  notInside?: string;
  /** Opens the probe of the next life; absent: lives are not looked into. */
  openProbe?: () => Promise<Probe>;
  cycles: number;
  settleWithinMs: number;
  portFreeWithinMs: number;
  seed: number;
  recorder: Recorder;
  progress: Progress;
  signal: AbortSignal;
}

/** The scenario cannot go on. What was seen is on record; the reason becomes `scenario-aborted`. */
export class ScenarioAborted extends Error {
  override readonly name = 'ScenarioAborted';
}

/** Throws when the run has been interrupted. */
export function demandUninterrupted(signal: AbortSignal): void {
  if (signal.aborted) throw new ScenarioAborted('interrupted');
}
