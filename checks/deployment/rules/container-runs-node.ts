import { containerRunBy } from '../containers/dockerfile.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'container-runs-node',
  title: 'the stop signal of a container reaches node',
  why: 'A package manager or a shell is the first process then: it does not hand SIGTERM on, node is killed with everything under way when the grace period is over.',
  fix: 'CMD ["node", "dist/main.js"] in exec form; where a shell must prepare something, let its last command be `exec node ...`',
  messages: {
    managerBetween: '{program} is run instead of node; name node and the file that the script runs',
    shellBetween:
      '{program} stays between the container and node; use the exec form, or write `exec node ...` as the last command',
  },
  check({ deployment: { containers }, examine }) {
    for (const { file, docker } of containers) {
      const found = containerRunBy(file.path, docker);
      if (found === undefined) continue;
      const handle = examine({ subject: `${file.path}: CMD`, location: found.location });
      if (found.run.by === 'manager') handle.fail('managerBetween', { program: found.run.program });
      else if (found.run.by === 'shell') handle.fail('shellBetween', { program: found.run.program });
      else handle.pass();
    }
  },
});
