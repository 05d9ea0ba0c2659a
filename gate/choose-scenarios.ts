/** `--scenario NAME`: runs only these scenarios of the soak. Called by the commands `gate` and `soak`. */
import type { Config } from '../harness/config.ts';
import type { ScenarioName } from '../harness/config/scenarios.ts';
import { UsageError } from '../harness/errors.ts';

export interface ScenarioOptions {
  scenario?: ScenarioName[];
}

/**
 * Puts the choice into the configuration, so that it is stored with the run and holds when it is judged again.
 * @throws UsageError for a scenario that is not configured.
 */
export function chooseScenarios(config: Config, names: ScenarioName[] | undefined): void {
  if (names === undefined) return;
  if (names.includes('companion-moods') && config.soak.moods === undefined) {
    throw new UsageError(
      '--scenario companion-moods: "soak.moods" is missing from the configuration; it says what a companion can be made to do',
    );
  }
  config.soak.scenarios = names;
}
