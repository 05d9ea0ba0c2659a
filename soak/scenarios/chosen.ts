/** Which scenarios of the soak a configuration asks for. Pure; used by the stage, its judges and its plan. */
import type { SoakConfig } from '../../harness/config.ts';
import { SCENARIOS, type ScenarioName } from '../../harness/config/scenarios.ts';

/** The configured scenarios in order: those that run, and those that are left out. */
export function scenariosOf({ scenarios, moods }: SoakConfig): {
  run: ScenarioName[];
  leftOut: ScenarioName[];
} {
  const configured = SCENARIOS.filter((name) => name !== 'companion-moods' || moods !== undefined);
  const isChosen = (name: ScenarioName): boolean => scenarios?.includes(name) ?? true;
  return {
    run: configured.filter(isChosen),
    leftOut: configured.filter((name) => !isChosen(name)),
  };
}
