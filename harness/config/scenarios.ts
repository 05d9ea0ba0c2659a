/** The scenarios of the soak: named by the configuration, by `--scenario`, and by what they write. */

/** In the order in which they run. */
export const SCENARIOS = ['restart-loop', 'companion-moods'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];
