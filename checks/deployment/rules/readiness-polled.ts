import { isBounded, loopOf, readAsks } from '../shell/asks.ts';
import { plain } from '../shell/installers.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'readiness-polled',
  title: 'an install script asks until the service is ready, up to a deadline',
  why: 'A fixed sleep is too short on the day when the machine is slow, and then a good release is taken for a bad one; a loop without an end hangs the pipeline.',
  fix: 'for attempt in $(seq 30); do curl -fsS URL && break; sleep 1; done, and a failure when it never answered',
  messages: {
    fixedSleep:
      '{command} after the start waits a fixed time; ask in a loop until the service answers, up to a deadline',
    endless: 'this loop asks for ever when the service never answers; give it a deadline',
  },
  check({ deployment: { installers }, examine }) {
    for (const installer of installers) {
      const { script, starts } = installer;
      const [start] = starts;
      if (start === undefined) continue;
      const sleeps = script.steps.filter(
        (step) => step.name === 'sleep' && step.order > start.order && plain(step.args).length > 0,
      );
      for (const step of sleeps) {
        const handle = examine({ subject: `${step.location.file}: ${step.text}`, location: step.location });
        if (loopOf(step) === undefined) handle.fail('fixedSleep', { command: step.text });
        else handle.pass();
      }
      for (const { step, loop } of readAsks(installer)) {
        if (loop === undefined) continue;
        const location = loop.source.place(loop.node.pos);
        const handle = examine({ subject: `${step.location.file}: loop around ${step.text}`, location });
        if (isBounded(loop, script)) handle.pass();
        else handle.fail('endless');
      }
    }
  },
});
