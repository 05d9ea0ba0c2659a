import { defineDeploymentRule } from '../rule.ts';
import type { Unit, UnitValue } from '../units/unit.ts';
import { isUserUnit, unitSubject } from '../units/unit-subject.ts';

const ONLINE = 'network-online.target';

export default defineDeploymentRule({
  id: 'unit-ordered',
  title: 'the unit starts after the network and stops before it, and starts at boot',
  why: 'Without an order the service starts at boot before it has a network, and at shutdown loses the network before it has stopped: nothing is told to anybody any more.',
  fix: 'After=network-online.target with Wants=network-online.target in [Unit], WantedBy=multi-user.target in [Install]',
  messages: {
    notAfterNetwork:
      'no After=network.target or network-online.target: at shutdown the network may go before the service has stopped; order it',
    notWanted:
      'After=network-online.target without Wants=network-online.target: nobody starts that target; add it',
    notAtBoot:
      'no [Install] section, and no timer, socket or unit here starts it: it is not there after a reboot; add WantedBy=multi-user.target',
  },
  check({ deployment: { services, units }, examine }) {
    for (const unit of services.filter((each) => !isUserUnit(each))) {
      const after = namesIn(unit.all('Unit', 'After'));
      const order = examine(unitSubject(unit, 'After', unit.get('Unit', 'After')?.location, 'Unit'));
      const wanted = [
        ...unit.all('Unit', 'Wants'),
        ...unit.all('Unit', 'Requires'),
        ...unit.all('Unit', 'BindsTo'),
      ];
      // What it comes after may itself come after the network.
      if (after.length === 0) order.fail('notAfterNetwork');
      else if (after.includes(ONLINE) && !namesIn(wanted).includes(ONLINE)) order.fail('notWanted');
      else order.pass();
      const boot = examine(unitSubject(unit, 'WantedBy', unit.get('Install', 'WantedBy')?.location));
      if (startsAtBoot(unit, units)) boot.pass();
      else boot.fail('notAtBoot');
    }
  },
});

const namesIn = (values: readonly UnitValue[]): string[] => values.flatMap(({ value }) => value.split(/\s+/));

function startsAtBoot(unit: Unit, units: readonly Unit[]): boolean {
  const install = ['WantedBy', 'RequiredBy', 'UpheldBy', 'Also', 'Alias'];
  if (install.some((key) => unit.all('Install', key).length > 0)) return true;
  const stem = unit.name.replace(/@?\.service$/, '');
  return units.some(
    (each) =>
      each !== unit &&
      (each.name.replace(/@?\.(timer|socket|path)$/, '') === stem ||
        ['Wants', 'Requires', 'BindsTo', 'Upholds'].some((key) =>
          namesIn(each.all('Unit', key)).some(
            (name) => name.replace(/@.*\.service$|\.service$/, '') === stem,
          ),
        )),
  );
}
