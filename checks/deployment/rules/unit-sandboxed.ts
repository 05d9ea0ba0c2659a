import { defineDeploymentRule } from '../rule.ts';
import { isUserUnit, unitSubject } from '../units/unit-subject.ts';

export default defineDeploymentRule({
  id: 'unit-sandboxed',
  title: 'the unit takes from the service what it does not need',
  why: 'A service that may write everywhere, load modules and see every home is a hole of the size of the machine.',
  fix: 'NoNewPrivileges=yes, ProtectSystem=strict with ReadWritePaths=, ProtectHome=yes, PrivateTmp=yes, PrivateDevices=yes, ProtectKernelTunables=yes, ProtectControlGroups=yes, RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX, CapabilityBoundingSet=; `systemd-analyze security --offline=true FILE` shows the rest',
  messages: {
    exposed: 'systemd sees an exposure of {level} (at most {most} is allowed); what costs most: {worst}',
  },
  check({ deployment: { services, tools, settings }, examine }) {
    for (const unit of services.filter((each) => !isUserUnit(each))) {
      const exposure = tools.exposure?.get(unit.key);
      const handle = examine(unitSubject(unit, 'systemd-analyze security'));
      if (exposure === undefined)
        handle.unknown(
          `${tools.absent['systemd-analyze'] ?? 'systemd-analyze did not answer'}: the exposure of this unit is not known`,
        );
      else if (exposure.level > settings.exposureAtMost)
        handle.fail('exposed', {
          level: exposure.level,
          most: settings.exposureAtMost,
          worst: exposure.worst.join(', ') || 'not told by this systemd',
        });
      else handle.pass();
    }
  },
});
