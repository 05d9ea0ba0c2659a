import { defineDeploymentRule } from '../rule.ts';
import { unitSubject } from '../units/unit-subject.ts';

const KEYS = ['StandardOutput', 'StandardError'];

export default defineDeploymentRule({
  id: 'unit-logs-to-journal',
  title: 'what the service says is in the journal',
  why: 'A file that nobody rotates fills the disk, one that is rotated loses what is written meanwhile, and what goes to null is not there when the crash is looked for.',
  fix: 'leave StandardOutput and StandardError at journal; `journalctl -u NAME` shows it, journald rotates it',
  messages: {
    toNull: '{found}: what the service says is thrown away; leave it at journal',
    toFile: '{found}: nobody rotates this file, and the journal has none of it; leave it at journal',
  },
  check({ deployment: { services }, examine }) {
    for (const unit of services)
      for (const key of KEYS) {
        const written = unit.get('Service', key);
        const handle = examine(unitSubject(unit, key, written?.location));
        const found = `${key}=${written?.value ?? ''}`;
        if (written?.value === 'null') handle.fail('toNull', { found });
        else if (/^(file|append|truncate):/.test(written?.value ?? '')) handle.fail('toFile', { found });
        else handle.pass();
      }
  },
});
