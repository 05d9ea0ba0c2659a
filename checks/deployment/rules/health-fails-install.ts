import { ignoresStatus, isEnforced, readAsks } from '../shell/asks.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'health-fails-install',
  title: 'a service that is not well, or lacks a route, fails the install',
  why: 'A warning in the output of a deploy is read by nobody: the pipeline is green, and the service is down.',
  fix: 'curl -fsS URL || { echo "not healthy" >&2; exit 1; } for health and for each required route',
  messages: {
    notAsked:
      '{command} is the end of it: nothing asks whether the service came up; ask its health route, and exit 1 without an answer',
    onlyWarns: '{command} may fail and the script goes on; let it end with a failure',
    statusIgnored: '{command} takes an error page (500) for an answer; write curl -f',
  },
  check({ deployment: { installers }, examine }) {
    for (const installer of installers) {
      const { script, starts } = installer;
      const start = starts.at(-1);
      if (start === undefined) continue;
      const asks = readAsks(installer);
      if (asks.length === 0) {
        const subject = `${script.file.path}: ${start.text}`;
        examine({ subject, location: start.location }).fail('notAsked', { command: start.text });
      }
      for (const ask of asks) {
        const { step } = ask;
        const handle = examine({ subject: `${step.location.file}: ${step.text}`, location: step.location });
        if (!isEnforced(ask, script)) handle.fail('onlyWarns', { command: step.text });
        else if (ignoresStatus(ask)) handle.fail('statusIgnored', { command: step.text });
        else handle.pass();
      }
    }
  },
});
