/** The names of the soak's scenarios: used by the configuration, by `--scenario`, and by what they write. */
import { z } from 'zod';

/** Those that judge a service by itself and beside its companions, in the order in which they run. Faults come after. */
export const SCENARIOS = ['restart-loop', 'companion-moods', 'kept-schedules'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

/** One of {@link SCENARIOS}, or the name of a fault: which faults there are only the soak knows. */
export const scenarioName = z.string().regex(/^[a-z][a-z0-9-]*$/, 'a name such as restart-loop');
