import { defineDeploymentRule } from '../rule.ts';
import { parseTimeout } from '../units/time-span.ts';
import { unitSubject } from '../units/unit-subject.ts';

export default defineDeploymentRule({
  id: 'watchdog-fed',
  title: 'a watchdog is set only where the program feeds it',
  why: 'systemd kills a program that does not send WATCHDOG=1 in time, again and again: the service dies as often as the watchdog says, in the middle of its work.',
  fix: 'send WATCHDOG=1 at half of WatchdogSec from the event loop, or remove WatchdogSec',
  messages: {
    neverFed:
      'WatchdogSec={value}, and the program never sends WATCHDOG=1: it is killed every {value}; remove it, or feed it',
  },
  check({ deployment: { services, program }, examine }) {
    for (const unit of services) {
      const written = unit.get('Service', 'WatchdogSec');
      if (written === undefined || parseTimeout(written.value) === Infinity) continue;
      const handle = examine(unitSubject(unit, 'WatchdogSec', written.location));
      if (!program.known)
        handle.unknown('no source of the program was found: whether it feeds the watchdog is not known');
      else if (program.feedsWatchdog) handle.pass();
      else handle.fail('neverFed', { value: written.value });
    }
  },
});
