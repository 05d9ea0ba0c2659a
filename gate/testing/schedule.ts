/** A schedule as an exploration would have saved it: the stop signal twice. Tests only. */
export const stopTwice = (gapPercent: number) => ({
  schedule: 1,
  signature: 'exit-code-code-1',
  message: 'code 1',
  service: 'service',
  seed: 1,
  seen: 5,
  of: 5,
  steps: [{ do: 'start' }, { do: 'stop-twice', gapPercent }],
});
