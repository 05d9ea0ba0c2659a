import { defineDeploymentRule } from '../rule.ts';
import { parseTimeSpan } from '../units/time-span.ts';
import type { Unit } from '../units/unit.ts';
import { unitSubject } from '../units/unit-subject.ts';

const AFTER_CRASH = new Set(['always', 'on-failure', 'on-abnormal']);
const DEFAULT_PAUSE_MS = 100;
const DEFAULT_INTERVAL_MS = 10_000;
const DEFAULT_BURST = 5;

export default defineDeploymentRule({
  id: 'unit-restarts',
  title: 'a crash is followed by a restart, and by another one',
  why: 'Without Restart= a crash at night is an outage until morning. With the default pause of 100 ms a database that is away for two seconds uses up the five starts in ten seconds that systemd allows, and the unit stays down for good.',
  fix: 'Restart=on-failure (or always), RestartSec=2s or more, and StartLimitIntervalSec with StartLimitBurst that outlast the outage of a neighbour',
  messages: {
    neverRestarted:
      'the service is not started again after a crash ({found}); set Restart=on-failure or always',
    givesUp:
      'after a crash it is started again every {pause} ms, and after {burst} starts in {interval} s systemd gives up for good; set RestartSec to a second or more, or the limit (StartLimitIntervalSec=0) to none',
  },
  check({ deployment: { services }, examine }) {
    for (const unit of services) {
      const restart = unit.get('Service', 'Restart');
      const handle = examine(unitSubject(unit, 'Restart', restart?.location));
      const limit = limitOf(unit);
      if (!AFTER_CRASH.has(restart?.value ?? 'no'))
        handle.fail('neverRestarted', { found: restart ? `Restart=${restart.value}` : 'no Restart=' });
      else if (limit !== undefined) handle.fail('givesUp', limit);
      else handle.pass();
    }
  },
});

/** The limit that a program which fails at once runs into; undefined when it never does. */
function limitOf(unit: Unit): { pause: number; burst: number; interval: number } | undefined {
  const span = (section: string, ...keys: string[]): number | undefined => {
    const written = unit.get(section, ...keys);
    return written === undefined ? undefined : parseTimeSpan(written.value);
  };
  const pause = span('Service', 'RestartSec') ?? DEFAULT_PAUSE_MS;
  const interval =
    span('Unit', 'StartLimitIntervalSec', 'StartLimitInterval') ??
    span('Service', 'StartLimitInterval', 'StartLimitIntervalSec') ??
    DEFAULT_INTERVAL_MS;
  const written = unit.get('Unit', 'StartLimitBurst') ?? unit.get('Service', 'StartLimitBurst');
  const burst = written === undefined ? DEFAULT_BURST : Number(written.value);
  // Steps make the pause longer with each start.
  const grows = unit.get('Service', 'RestartSteps') !== undefined;
  if (interval === 0 || burst === 0 || grows || pause >= 1000 || pause * burst >= interval) return undefined;
  return { pause, burst, interval: interval / 1000 };
}
