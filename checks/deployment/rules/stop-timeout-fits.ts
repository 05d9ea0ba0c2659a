import { defineDeploymentRule } from '../rule.ts';
import { parseTimeout } from '../units/time-span.ts';
import { unitSubject } from '../units/unit-subject.ts';

const LEAST_MS = 5000;
const MOST_MS = 300_000;

export default defineDeploymentRule({
  id: 'stop-timeout-fits',
  title: 'the unit says how long a stop may take, and that is long enough and bounded',
  why: 'A stop that hangs holds each deploy until the limit; left to the default that is a minute and a half, without a limit it is for ever. One that is too short kills requests under way.',
  fix: "TimeoutStopSec a few seconds above the program's own deadline: 15s to 60s for most services",
  messages: {
    leftToDefault:
      "no TimeoutStopSec: a stop that hangs holds every deploy and reboot for 90 s; set it a few seconds above the program's own deadline",
    noLimit:
      "{found}: a stop that hangs is never ended; set a limit a few seconds above the program's own deadline",
    tooShort: '{found} leaves {seconds} s for requests, jobs and releases before the kill; set 5 s or more',
    tooLong:
      '{found}: a stop that hangs holds every deploy and reboot for {seconds} s; set less than 5 minutes',
  },
  check({ deployment: { services }, examine }) {
    for (const unit of services) {
      const written = unit.get('Service', 'TimeoutStopSec', 'TimeoutSec');
      const handle = examine(unitSubject(unit, 'TimeoutStopSec', written?.location));
      if (written === undefined) {
        handle.fail('leftToDefault');
        continue;
      }
      const found = `${written.key}=${written.value}`;
      const limit = parseTimeout(written.value);
      if (limit === undefined) handle.unknown(`${found} is no time span that systemd knows`);
      else if (limit === Infinity) handle.fail('noLimit', { found });
      else if (limit < LEAST_MS) handle.fail('tooShort', { found, seconds: limit / 1000 });
      else if (limit > MOST_MS) handle.fail('tooLong', { found, seconds: limit / 1000 });
      else handle.pass();
    }
  },
});
