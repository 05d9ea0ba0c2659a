import { secretWrites } from '../shell/secrets.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'secrets-private',
  title: 'a file with secrets is never readable by others, not even for a moment',
  why: 'Every account of the machine can read it; a chmod after the content was written comes after the moment in which it was copied.',
  fix: 'umask 077 before it is written, or install -m 600 /dev/null FILE first',
  messages: {
    readable:
      '{target} holds secrets and is readable by everyone; create it with install -m 600 /dev/null before it is written',
    privateLate:
      '{target} holds secrets and is private only after it was written (line {line}); set umask 077, or create it with install -m 600 /dev/null first',
  },
  check({ deployment: { installers, units }, examine }) {
    const environment = units.flatMap((unit) =>
      unit.all('Service', 'EnvironmentFile').map(({ value }) => value.replace(/^-/, '')),
    );
    for (const installer of installers)
      for (const { step, target, before, after } of secretWrites(installer, environment)) {
        const handle = examine({ subject: `${step.location.file}: ${target}`, location: step.location });
        if (before) handle.pass();
        else if (after === undefined) handle.fail('readable', { target });
        else handle.fail('privateLate', { target, line: after.location.line });
      }
  },
});
