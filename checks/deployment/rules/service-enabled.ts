import { isOfOthers, plain } from '../shell/installers.ts';
import type { Step } from '../shell/script.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'service-enabled',
  title: 'a unit that is installed is read, enabled and started',
  why: 'A unit that is not enabled is gone after the next reboot; without daemon-reload systemd starts the unit of the last release.',
  fix: 'systemctl daemon-reload, systemctl enable NAME, systemctl restart NAME, in this order after the unit was written',
  messages: {
    notEnabled: 'the unit is written and never enabled: it does not start at boot; add systemctl enable',
    notReloaded:
      '{command} without systemctl daemon-reload after the unit was written: the old unit is started; add it',
    notStarted: 'the unit is written and never started; add systemctl restart',
  },
  check({ deployment: { installers }, examine }) {
    for (const { script, unitWrites, starts, words } of installers) {
      const [first] = unitWrites;
      const last = unitWrites.at(-1);
      if (first === undefined || last === undefined) continue;
      const systemctl = script.steps.filter(({ name }) => name === 'systemctl');
      const verbs = (pattern: RegExp) =>
        systemctl.filter((step) => pattern.test(plain(words(step))[0] ?? ''));
      const file = script.file.path;
      const enabled = examine({ subject: `${file}: enable`, location: first.location });
      const enables = verbs(/^(enable|reenable|preset|link)$/).filter((step) => !isOfOthers(words(step)));
      if (enables.length > 0) enabled.pass();
      else enabled.fail('notEnabled');
      const started = examine({ subject: `${file}: start`, location: last.location });
      // A timer that is started starts its service.
      const after = [...starts, ...verbs(/^(start|restart)$/), ...enabledNow(systemctl)].find(
        ({ order }) => order > last.order,
      );
      if (after === undefined) {
        started.fail('notStarted');
        continue;
      }
      started.pass();
      // Enabling reads the units anew, too.
      const read = verbs(/^(daemon-reload|enable|reenable)$/).some(
        ({ order }) => order > last.order && order <= after.order,
      );
      const reloaded = examine({ subject: `${file}: daemon-reload`, location: after.location });
      if (read) reloaded.pass();
      else reloaded.fail('notReloaded', { command: after.text });
    }
  },
});

const enabledNow = (systemctl: readonly Step[]): Step[] =>
  systemctl.filter(({ args }) => args.includes('--now') && args.includes('enable'));
