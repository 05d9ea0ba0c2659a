import { delivers } from '../shell/matters.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'script-locked',
  title: 'two deploys never run at the same time',
  why: 'A pipeline that is started twice installs into the same folder twice at once: files of both versions are started.',
  fix: 'exec 9>/run/lock/NAME.lock; flock -n 9 || exit 1 before the first step',
  messages: {
    notLocked:
      '{command} can run in two deploys at once: nothing locks them out; take a lock with flock before it',
  },
  check({ deployment: { installers }, examine }) {
    for (const { script, starts } of installers) {
      const first = script.steps.find(delivers);
      if (first === undefined || starts.length === 0) continue;
      const handle = examine({ subject: `${script.file.path}: lock`, location: first.location });
      const locks = script.steps.some(
        ({ name, order }) =>
          order < first.order && /^(flock|lockfile|lockfile-create|setlock|shlock)$/.test(name),
      );
      if (locks) handle.pass();
      else handle.fail('notLocked', { command: first.text });
    }
  },
});
