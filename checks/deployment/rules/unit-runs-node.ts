import { defineDeploymentRule } from '../rule.ts';
import { unitRunBy, unitSubject } from '../units/unit-subject.ts';

export default defineDeploymentRule({
  id: 'unit-runs-node',
  title: 'the unit runs node itself',
  why: 'A package manager or a shell in between is the main process: it dies of the stop signal at once, systemd signals node a second time or kills it, and its exit code says nothing of the program.',
  fix: 'ExecStart=/usr/bin/node /opt/app/dist/main.js; where a shell must prepare something, let its last command be `exec node ...`',
  messages: {
    managerBetween:
      '{program} stands between systemd and node; start node itself with the file that the script runs',
    shellBetween:
      '{program} stands between systemd and node, and stays; write `exec node ...` as its last command, or start node itself',
  },
  check({ deployment: { services }, examine }) {
    for (const unit of services) {
      const start = unit.get('Service', 'ExecStart');
      const run = unitRunBy(unit);
      const handle = examine(unitSubject(unit, 'ExecStart', start?.location));
      if (run.by === 'manager') handle.fail('managerBetween', { program: run.program });
      else if (run.by === 'shell') handle.fail('shellBetween', { program: run.program });
      else handle.pass();
    }
  },
});
