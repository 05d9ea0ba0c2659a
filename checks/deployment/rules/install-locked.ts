import { managerWords, plain } from '../shell/installers.ts';
import type { Step } from '../shell/script.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'install-locked',
  title: 'what is installed is what was tested, and nobody is asked',
  why: 'An install that may change the lockfile brings versions to the machine that no test has seen; one that asks a question waits for ever in a pipeline.',
  fix: 'npm ci (pnpm install --frozen-lockfile, yarn install --immutable); apt-get install -y with DEBIAN_FRONTEND=noninteractive',
  messages: {
    notLocked: '{command} may install other versions than the lockfile has; write {instead}',
    asks: '{command} asks before it installs; write -y, with DEBIAN_FRONTEND=noninteractive',
  },
  check({ deployment: { installers }, examine }) {
    for (const { script } of installers)
      for (const step of script.steps) {
        const packages = ofProject(step);
        const system = ofSystem(step);
        if (packages === undefined && !system) continue;
        const handle = examine({ subject: `${step.location.file}: ${step.text}`, location: step.location });
        if (system) {
          if (step.args.some((each) => /^(-[a-z]*y[a-z]*|--yes|--assume-yes|-qq+)$/.test(each)))
            handle.pass();
          else handle.fail('asks', { command: step.text });
        } else if (packages?.locked === true) handle.pass();
        else handle.fail('notLocked', { command: step.text, instead: packages?.instead ?? '' });
      }
  },
});

/** How the step installs the packages of the project; undefined when it does not. */
function ofProject(step: Step): { locked: boolean; instead: string } | undefined {
  const [verb = ''] = managerWords(step.args);
  const has = (...flags: string[]): boolean => step.args.some((each) => flags.includes(each));
  // Tools for the whole machine have no lockfile.
  if (has('-g', '--global', '--location=global') || verb === 'global') return undefined;
  switch (step.name) {
    case 'npm':
      if (/^(ci|clean-install|ic)$/.test(verb)) return { locked: true, instead: '' };
      return /^(install|i|add|in)$/.test(verb) && !has('--package-lock-only')
        ? { locked: false, instead: 'npm ci' }
        : undefined;
    case 'pnpm':
      return /^(install|i)$/.test(verb)
        ? { locked: has('--frozen-lockfile'), instead: 'pnpm install --frozen-lockfile' }
        : undefined;
    case 'bun':
      return /^(install|i)$/.test(verb)
        ? { locked: has('--frozen-lockfile'), instead: 'bun install --frozen-lockfile' }
        : undefined;
    case 'yarn':
      return verb === 'install' || step.args.length === 0
        ? { locked: has('--immutable', '--frozen-lockfile'), instead: 'yarn install --immutable' }
        : undefined;
    default:
      return undefined;
  }
}

const ofSystem = (step: Step): boolean =>
  /^(apt|apt-get|dnf|yum)$/.test(step.name) && plain(step.args).includes('install');
