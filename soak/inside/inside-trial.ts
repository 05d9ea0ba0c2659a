/** A case of a fault scenario whose life is looked into by the probe. Used by the scenarios of stops, starts and uptime. */
import { Trial } from '../faults/trial.ts';
import { openProbe, type Probe, type ProbeOptions } from './probe.ts';

/** The same case; its next start loads the probe, which is closed when the case is over. */
export async function insideTrial(
  trial: Trial,
  options: Omit<ProbeOptions, 'projectRoot'>,
): Promise<{ trial: Trial; probe: Probe }> {
  const { context } = trial;
  const probe = await openProbe({ projectRoot: context.projectRoot, ...options });
  context.atEnd(() => probe.close());
  return { trial: new Trial({ ...context, openProbe: () => Promise.resolve(probe) }, trial.case), probe };
}
