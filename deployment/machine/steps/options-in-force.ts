/** Which options of systemd this machine really applies: what is not in force proves nothing by being set. */
import { openBench, look, type Probe } from '../probes/probe.ts';
import { BUSY_PROBES, PATIENT_PROBES } from '../probes/probes.ts';
import type { Finding, Stand, Step } from '../step.ts';

const step: Step = {
  id: 'options-in-force',
  title: 'the options that the deployment relies on are in force here',
  needs: [],
  run: async (stand) => {
    const findings = await Promise.all(PATIENT_PROBES.map((probe) => sight(probe, stand)));
    for (const probe of BUSY_PROBES) findings.push(await sight(probe, stand));
    return findings;
  },
};

async function sight(probe: Probe, { machine, log }: Stand): Promise<Finding> {
  const { inForce, seen } = await look(probe, openBench(machine.transport));
  log(`${probe.option}: in force: ${inForce}; ${seen}`);
  const subject = probe.option;
  if (inForce === true) return { subject, outcome: 'pass', message: `${subject} is in force: ${seen}` };
  if (inForce === 'unknown' && !probe.relied) {
    const message = `whether ${subject} is in force was not seen: ${seen}; nothing that rests on it is claimed`;
    return { subject, outcome: 'skip', message };
  }
  if (inForce === 'unknown')
    return { subject, outcome: 'unknown', message: `whether ${subject} is in force was not seen: ${seen}` };
  const message = `${subject} is not in force in this machine: ${seen}`;
  if (!probe.relied)
    return { subject, outcome: 'skip', message: `${message}; nothing that rests on it is claimed` };
  return { subject, outcome: 'unknown', message, fix: 'what rests on it is not shown on this host' };
}

export default step;
