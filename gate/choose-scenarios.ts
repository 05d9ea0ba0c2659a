/** `--scenario NAME` and `--all`: which scenarios of the soak run. Called by the commands `gate` and `soak`. */
import { relative } from 'node:path';
import type { Config } from '../harness/config.ts';
import { SCENARIOS, type ScenarioName } from '../harness/config/scenarios.ts';
import { UsageError } from '../harness/errors.ts';
import type { LoadedConfig } from '../harness/load-config.ts';
import { KEPT_FOLDER, keptSchedules } from '../soak/explore/kept.ts';
import { demandKnown, isConfigured } from '../soak/scenarios/chosen.ts';
import { FAULTS } from '../soak/scenarios/fault-list.ts';

export interface ScenarioOptions {
  scenario?: string[];
  all?: boolean;
}

/** What runs when nobody says: the important faults, and these. */
export type Standard = readonly ScenarioName[];

/**
 * Puts the choice into the configuration, so that it is stored with the run and holds when it is judged again.
 * @throws UsageError for a scenario that there is not, or that is not configured.
 */
export function chooseScenarios(
  config: Config,
  { scenario: names, all }: ScenarioOptions,
  standard: Standard = SCENARIOS,
): void {
  if (names !== undefined && all === true)
    throw new UsageError('--all runs every scenario: leave out --scenario, or --all');
  demandKnown(config.soak.scenarios);
  demandKnown(names, '--scenario');
  if (names?.includes('companion-moods') === true && config.soak.moods === undefined) {
    throw new UsageError(
      '--scenario companion-moods: "soak.moods" is missing from the configuration; it says what a companion can be made to do',
    );
  }
  if (names?.includes('kept-schedules') === true && config.soak.keptSchedules.length === 0) {
    throw new UsageError(
      `--scenario kept-schedules: there is no schedule in ${KEPT_FOLDER}/; \`soak --explore --keep\` keeps what it finds`,
    );
  }
  const chosen = names ?? (all === true ? everything(config) : config.soak.scenarios);
  config.soak.scenarios = chosen ?? usual(config, standard);
}

/** Puts the schedules that the project keeps into the configuration; a unit on a target is nobody's to start and kill. */
export function findKeptSchedules({ config, projectRoot }: LoadedConfig): void {
  if (config.service?.supervisor !== 'process') return;
  const found = keptSchedules(projectRoot).map((file) => relative(projectRoot, file));
  config.soak.keptSchedules = [...new Set([...config.soak.keptSchedules, ...found])];
}

function everything(config: Config): string[] {
  return [...configured(config, SCENARIOS), ...faultsOf(config).map(({ name }) => name)];
}

function usual(config: Config, standard: Standard): string[] {
  const important = faultsOf(config).filter((fault) => fault.important);
  return [...configured(config, standard), ...important.map(({ name }) => name)];
}

function configured({ soak }: Config, names: Standard): ScenarioName[] {
  return names.filter((name) => isConfigured(name, soak));
}

/** Faults need a service that is this program's own: a unit on a target is nobody's to break. */
function faultsOf({ service }: Config): typeof FAULTS {
  return service?.supervisor === 'systemd' ? [] : FAULTS;
}
