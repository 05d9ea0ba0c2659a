/** Names in the configuration that must exist: one that names nothing would silence nothing, and a typo would go unseen. */
import { ALL_RULES } from './all-rules.ts';
import { MACHINE_UP } from '../deployment/machine/places.ts';
import type { Config } from '../harness/config.ts';
import { UsageError } from '../harness/errors.ts';
import { FAULTS } from '../soak/scenarios/fault-list.ts';
import type { Stage } from '../harness/stage.ts';

/** @throws UsageError when `rules` names a rule that there is not. */
export function demandKnownRules({ rules }: Config): void {
  const known = new Set(ALL_RULES.map(({ id }) => id));
  const named = {
    advisory: rules.advisory,
    off: Object.keys(rules.off),
    mustHaveSubjects: rules.mustHaveSubjects,
  };
  const wrong = Object.entries(named).flatMap(([key, ids]) =>
    ids.filter((id) => !known.has(id)).map((id) => `"rules.${key}" names ${id}`),
  );
  if (wrong.length === 0) return;
  throw new UsageError(`${wrong.join(', ')}, and there is no such rule; there are ${[...known].join(', ')}`);
}

/** What another call plans that reads the same configuration: `machine test`, and the soak with `--all`. */
const PLANNED_ELSEWHERE = [`deployment/${MACHINE_UP}`, ...FAULTS.map(({ name }) => `soak/${name}`)];

/** @throws UsageError when `unavailable` names a check that no stage plans. */
export function demandPlannedChecks(config: Config, stages: Stage[]): void {
  const planned = stages.flatMap((stage) =>
    stage.plan(config).checks.map((check) => `${stage.name}/${check}`),
  );
  const known = [...planned, ...PLANNED_ELSEWHERE];
  const wrong = Object.keys(config.unavailable).filter((key) => !known.includes(key));
  if (wrong.length === 0) return;
  throw new UsageError(
    `"unavailable" names checks that this configuration does not plan: ${wrong.join(', ')}; planned are ${planned.join(', ')}`,
  );
}
