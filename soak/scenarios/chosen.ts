/** Which scenarios of the soak a configuration asks for. Pure; used by the stage, its judges, its plan and the gate. */
import type { SoakConfig } from '../../harness/config.ts';
import { SCENARIOS, type ScenarioName } from '../../harness/config/scenarios.ts';
import { UsageError } from '../../harness/errors.ts';
import { nearest } from '../../harness/nearest.ts';
import type { FaultScenario } from '../faults/fault.ts';
import { FAULTS } from './fault-list.ts';

export interface Chosen {
  /** In the order in which they run. */
  run: { standard: ScenarioName[]; faults: FaultScenario[] };
  leftOut: { standard: ScenarioName[]; faults: FaultScenario[] };
}

type ChosenFrom = Pick<SoakConfig, 'scenarios' | 'moods' | 'keptSchedules'>;

/** Whether there is anything for the scenario to do. */
export function isConfigured(name: ScenarioName, { moods, keptSchedules }: ChosenFrom): boolean {
  if (name === 'companion-moods') return moods !== undefined;
  return name !== 'kept-schedules' || keptSchedules.length > 0;
}

/** Without a choice: what is configured, and no fault; the commands choose (`gate/choose-scenarios.ts`). */
export function scenariosOf(soak: ChosenFrom): Chosen {
  const { scenarios } = soak;
  const configured = SCENARIOS.filter((name) => isConfigured(name, soak));
  const isChosen = (name: string): boolean => scenarios?.includes(name) ?? true;
  const isFaultChosen = ({ name }: FaultScenario): boolean => scenarios?.includes(name) ?? false;
  return {
    run: { standard: configured.filter(isChosen), faults: FAULTS.filter(isFaultChosen) },
    leftOut: {
      standard: configured.filter((name) => !isChosen(name)),
      faults: scenarios === undefined ? [] : FAULTS.filter((fault) => !isFaultChosen(fault)),
    },
  };
}

/** Every name that can be chosen. */
export function scenarioNames(): string[] {
  return [...SCENARIOS, ...FAULTS.map(({ name }) => name)];
}

/** @throws UsageError for a name that no scenario has. */
export function demandKnown(names: readonly string[] = [], where = 'soak.scenarios'): void {
  const known = scenarioNames();
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    const hint = near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
    throw new UsageError(`${where}: there is no scenario "${name}"; ${hint}`);
  }
}
