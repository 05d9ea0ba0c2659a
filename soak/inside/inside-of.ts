/** Whether the lives of a service are looked into, and by what. Called by the soak stage. */
import type { Config, ServiceConfig } from '../../harness/config.ts';
import type { ScenarioContext } from '../scenarios/scenario.ts';
import { openProbe } from './probe.ts';

/** The part of a scenario's context that says so. */
export function insideOf(
  { config, projectRoot }: { config: Pick<Config, 'soak'>; projectRoot: string },
  service: ServiceConfig,
): Pick<ScenarioContext, 'notInside' | 'openProbe'> {
  const because = whyNotInside(config, service);
  if (because !== undefined) return { notInside: because };
  return { openProbe: () => openProbe({ projectRoot, mode: 'light' }) };
}

/** Undefined: they are. */
export function whyNotInside(
  { soak }: Pick<Config, 'soak'>,
  { supervisor }: Pick<ServiceConfig, 'supervisor'>,
): string | undefined {
  if (!soak.inside) return 'soak.inside is false';
  if (supervisor === 'systemd')
    return 'a unit has an environment of its own; the spawned service is looked into';
  return undefined;
}
