/** Load on a life in a fault scenario: the configured one. */
import { startLoad, type Load } from '../load/generator.ts';
import { loadOf, type Life } from '../scenarios/one-life.ts';
import { ScenarioAborted } from '../scenarios/scenario.ts';
import type { FaultConfig } from './fault.ts';
import type { Trial } from './trial.ts';

const LEAD_MS = 400;

/** Why a scenario with load has no meaning, or cannot be judged, for this service. */
export function needsLoad({ soak }: Pick<FaultConfig, 'soak'>): string | undefined {
  if (soak.load === undefined) return 'soak.load is not configured';
  return soak.load === false ? 'soak.load is false' : undefined;
}

/** Load that has been on for a moment; it ends with the case at the latest. */
export async function withLoad(trial: Trial, life: Life): Promise<Load> {
  const options = loadOf(trial.context, life);
  if (options === undefined) throw new ScenarioAborted('there is no load to be had');
  const load = startLoad({ ...options, seed: trial.context.seed + trial.case.cycle });
  trial.context.atEnd(async () => void (await load.stop()));
  await trial.hold(LEAD_MS);
  return load;
}
