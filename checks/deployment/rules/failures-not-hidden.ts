import { hiddenBy } from '../shell/failure.ts';
import { matters } from '../shell/matters.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'failures-not-hidden',
  title: 'a step that matters cannot fail unseen',
  why: 'With `|| true` behind the build the old files are started, and the deploy is reported as done.',
  fix: 'take it away; where a failure is expected, test for exactly that before the step',
  messages: {
    hidden: 'a failure of {command} is hidden by {how}; let it end the script',
    switchedOff:
      '{command} runs after set +e: its failure ends nothing; switch it off around the one command whose failure is answered',
  },
  check({ deployment: { installers }, examine }) {
    for (const installer of installers) {
      const { script } = installer;
      for (const step of script.steps.filter((each) => matters(installer, each))) {
        const handle = examine({ subject: `${step.location.file}: ${step.text}`, location: step.location });
        const hidden = hiddenBy(step, script);
        const off = script.steps.some(
          ({ order, options }) => order < step.order && options.errexit && !step.options.errexit,
        );
        if (hidden !== undefined) handle.fail('hidden', { command: step.text, how: hidden.how });
        else if (off && !isRead(step.order, script.steps)) handle.fail('switchedOff', { command: step.text });
        else handle.pass();
      }
    }
  },
});

/** `set +e; step; code=$?`: the failure is read right after it. */
const isRead = (
  order: number,
  steps: readonly {
    order: number;
    text: string;
    source: { file: { text: string } };
    node: { end: number };
  }[],
): boolean => {
  const step = steps.find((each) => each.order === order);
  return (
    step !== undefined &&
    /^\s*;?\s*(\w+=|if \[+ |\[+ )?"?\$\?/.test(step.source.file.text.slice(step.node.end))
  );
};
