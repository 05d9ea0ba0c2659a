/** The feature flags: which subsystems are built at all. Read by `settings.ts`, obeyed by `main.ts`, told by `/api/system/status`. */

/** Each with the variable that switches it. */
export const features = {
  trading: 'FEATURE_TRADING',
  bodyguard: 'FEATURE_BODYGUARD',
  autopilot: 'FEATURE_AUTOPILOT',
  selfHealing: 'FEATURE_SELF_HEALING',
  realtime: 'FEATURE_REALTIME',
} as const;

export type Feature = keyof typeof features;
export type Features = Record<Feature, boolean>;

/** These have nothing to work on without trading. */
export const tradingFeatures = ['bodyguard', 'autopilot'] as const satisfies readonly Feature[];
