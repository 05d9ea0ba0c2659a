import { defineDeploymentRule } from '../rule.ts';
import { typeOf } from '../units/unit.ts';
import { unitRunBy, unitSubject } from '../units/unit-subject.ts';

export default defineDeploymentRule({
  id: 'unit-type-fits',
  title: 'the unit waits for what the program does',
  why: 'With Type=notify systemd waits for a message that a program without it never sends, and kills it at TimeoutStartSec; with Type=forking it waits for a parent that exits, which node does not.',
  fix: 'Type=exec for a program that says nothing; Type=notify only with a program that sends READY=1 (and NotifyAccess=all when another process sends it)',
  messages: {
    neverNotifies:
      '{type} waits for READY=1, and the program never sends it: every start ends in a timeout; use Type=exec, or send it',
    forks:
      'Type=forking waits for the first process to exit, and node stays: every start ends in a timeout; use Type=exec',
    notHeard:
      '{type} hears the main process only, and {program} runs node as its child; set NotifyAccess=all, or run node itself',
  },
  check({ deployment: { services, program }, examine }) {
    for (const unit of services) {
      const type = typeOf(unit);
      const written = unit.get('Service', 'Type');
      const handle = examine(unitSubject(unit, 'Type', written?.location));
      const run = unitRunBy(unit);
      const access = unit.get('Service', 'NotifyAccess')?.value;
      if (type === 'forking' && run.by !== 'other') handle.fail('forks');
      else if (!type.startsWith('notify')) handle.pass();
      else if (!program.known)
        handle.unknown(`no source of the program was found: whether it sends READY=1 is not known`);
      else if (!program.notifies) handle.fail('neverNotifies', { type: `Type=${type}` });
      else if (run.by === 'manager' && access !== 'all')
        handle.fail('notHeard', { type: `Type=${type}`, program: run.program });
      else handle.pass();
    }
  },
});
