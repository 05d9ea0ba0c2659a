/** One life of a service in a scenario: what its steps know of each other, and what several of them need. */
import { setTimeout as pause } from 'node:timers/promises';
import type { LoadConfig } from '../../harness/config.ts';
import type { ProcessSample } from '../../harness/observation.ts';
import { lastLines } from '../../harness/supervisors/process-instance.ts';
import { originOf } from '../../harness/supervisors/readiness.ts';
import type { Instance } from '../../harness/supervisors/supervisor.ts';
import type { InsideLook } from '../../harness/observations/inside.ts';
import type { Probe } from '../inside/probe.ts';
import type { Streams } from '../load/streams.ts';
import type { DrainingWatch } from '../probes/draining.ts';
import { ScenarioAborted, demandUninterrupted } from './scenario.ts';
import type { ScenarioContext } from './scenario.ts';

/** One life, and what later steps need of earlier ones. */
export interface Life {
  cycle: number;
  instance: Instance;
  signalAtMs: number;
  exitAtMs: number;
  ready?: ProcessSample;
  /** The load with the headers of those who send it; absent until they are known, and without load. */
  load?: LoadConfig;
  streams?: Streams;
  draining?: DrainingWatch;
  inside?: InsideLife;
}

/** A life that is looked into. */
export interface InsideLife {
  probe: Probe;
  ready?: InsideLook;
}

/** A life that ended before it was told to is a finding of its own. */
export function demandAlive({ recorder }: ScenarioContext, { cycle, instance }: Life, during: string): void {
  const end = instance.exit();
  if (end === undefined) return;
  recorder.observe({
    kind: 'exited-unasked',
    cycle,
    during,
    code: end.code,
    signal: end.signal,
    lastLines: lastLines({ slice: (cursor) => instance.logs(cursor) }, instance.logStart),
  });
  throw new ScenarioAborted(`the service ended ${during} in cycle ${cycle}`);
}

/** The load and where it goes; undefined without load or without a port. */
export function loadOf(
  context: ScenarioContext,
  { instance: { host, port }, load }: Life,
): { origin: string; config: LoadConfig; signal: AbortSignal } | undefined {
  if (load === undefined || port === undefined) return undefined;
  return { origin: originOf(host, port), config: load, signal: context.signal };
}

export async function pauseUnlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  // How long load is applied is what was asked for, not a wait for something.
  await pause(ms, undefined, { signal }).catch(() => demandUninterrupted(signal));
}
