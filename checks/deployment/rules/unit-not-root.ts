import { defineDeploymentRule } from '../rule.ts';
import { isYes } from '../units/unit.ts';
import { isUserUnit, unitSubject } from '../units/unit-subject.ts';

export default defineDeploymentRule({
  id: 'unit-not-root',
  title: 'the service does not run as root',
  why: 'One hole in one dependency is the whole machine.',
  fix: 'User= with an account of its own, or DynamicUser=yes; for a port below 1024 AmbientCapabilities=CAP_NET_BIND_SERVICE',
  messages: {
    noUser: 'no User=: the service runs as root; give it an account of its own, or DynamicUser=yes',
    root: 'User={user}: the service runs as root; give it an account of its own, or DynamicUser=yes',
  },
  check({ deployment: { services }, examine }) {
    for (const unit of services.filter((each) => !isUserUnit(each))) {
      const user = unit.get('Service', 'User');
      const handle = examine(unitSubject(unit, 'User', user?.location));
      if (isYes(unit.get('Service', 'DynamicUser')?.value)) handle.pass();
      else if (user === undefined) handle.fail('noUser');
      else if (user.value === 'root' || user.value === '0') handle.fail('root', { user: user.value });
      else handle.pass();
    }
  },
});
