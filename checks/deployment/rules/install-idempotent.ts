import { isGuarded } from '../shell/asks.ts';
import { type Installer, plain, redirectTargets } from '../shell/installers.ts';
import type { Step } from '../shell/script.ts';
import { readVariables } from '../shell/words.ts';
import { defineDeploymentRule } from '../rule.ts';

type MessageId = 'mkdirAgain' | 'userAgain' | 'linkAgain' | 'cloneAgain' | 'appendsAgain';

export default defineDeploymentRule({
  id: 'install-idempotent',
  title: 'an install script can be run again',
  why: 'The second run stops at the user that exists, or adds the same line once more: an update of a running machine, and the run after a failure, become work by hand.',
  fix: 'mkdir -p; id -u NAME >/dev/null 2>&1 || useradd ...; ln -sfn; whole files instead of lines added; a test before a clone',
  messages: {
    mkdirAgain: '{command} fails when the folder is there; write mkdir -p, or install -d',
    userAgain: '{command} fails when it is there; test with id -u (getent group) before it',
    linkAgain: '{command} fails when the link is there; write ln -sfn',
    cloneAgain: '{command} fails when the folder is there; test before it, and fetch instead',
    appendsAgain:
      '{command} adds the same again with every run; write the whole file, or test with grep -q before it',
  },
  check({ deployment: { installers }, examine }) {
    for (const installer of installers)
      for (const step of installer.script.steps) {
        const id = repeated(installer, step);
        if (id === undefined) continue;
        const handle = examine({
          subject: `${step.location.file}: ${step.text}`,
          location: step.location,
        });
        if (isGuarded(step, installer.script) || isSafe(installer, step, id)) handle.pass();
        else handle.fail(id, { command: step.text });
      }
  },
});

/** What the step does that can be done once only. */
function repeated(installer: Installer, step: Step): MessageId | undefined {
  switch (step.name) {
    case 'mkdir':
      return 'mkdirAgain';
    case 'useradd':
    case 'adduser':
    case 'groupadd':
    case 'addgroup':
      return 'userAgain';
    case 'ln':
      return hasFlag(step, 's', '--symbolic') ? 'linkAgain' : undefined;
    case 'git':
      return plain(step.args)[0] === 'clone' ? 'cloneAgain' : undefined;
    default:
      return appended(installer, step).length > 0 ? 'appendsAgain' : undefined;
  }
}

const hasFlag = ({ args }: Step, letter: string, long: string): boolean =>
  args.some((each) => each === long || new RegExp(`^-[a-zA-Z]*${letter}[a-zA-Z]*$`).test(each));

function isSafe(installer: Installer, step: Step, id: MessageId): boolean {
  switch (id) {
    case 'mkdirAgain':
      return hasFlag(step, 'p', '--parents') || isFresh(installer.words(step).at(-1) ?? '');
    case 'userAgain':
      // Debian's adduser leaves a system user that is there as it is.
      return hasFlag(step, 'f', '--force') || (/^add/.test(step.name) && step.args.includes('--system'));
    case 'linkAgain':
      return hasFlag(step, 'f', '--force');
    case 'cloneAgain':
      return isFresh(installer.words(step).at(-1) ?? '');
    case 'appendsAgain':
      return appended(installer, step).every((target) => startsAnew(installer, step, target));
  }
}

/** A name that no run before has used. */
const isFresh = (target: string): boolean => /\$\(|`|\$\$|mktemp/.test(target);

const LOG = /(^|[/_.-])logs?([/_.-]|$)|^\/dev\/|^\$|^\/tmp\/|^&/i;

/** Files that the step adds to and that are no logs. */
function appended(installer: Installer, step: Step): string[] {
  const values = readVariables(step.source);
  const adds =
    step.node.type === 'Command' &&
    step.node.redirects.some((each) => each.type === 'Redirect' && /^(&)?>>$/.test(each.operator));
  const tee = step.name === 'tee' && hasFlag(step, 'a', '--append') ? plain(installer.words(step)) : [];
  return [...(adds ? redirectTargets(step, values) : []), ...tee].filter((each) => !LOG.test(each));
}

/** The same run wrote the file from its beginning before. */
function startsAnew(installer: Installer, step: Step, target: string): boolean {
  return installer.script.steps.some((each) => {
    if (each.order >= step.order || each.node.type !== 'Command') return false;
    const replaces = each.node.redirects.some(
      (one) => one.type === 'Redirect' && /^>\|?$/.test(one.operator),
    );
    const written = replaces ? redirectTargets(each, readVariables(each.source)) : [];
    const copied = /^(cp|install|mv|rm)$/.test(each.name) ? installer.words(each) : [];
    return [...written, ...copied].includes(target);
  });
}
