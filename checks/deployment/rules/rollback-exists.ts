import { isOfOthers, plain } from '../shell/installers.ts';
import { delivers } from '../shell/matters.ts';
import type { Around, Script, Step } from '../shell/script.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'rollback-exists',
  title: 'one command returns to the release before',
  why: 'At the moment when a bad release is live, nobody should have to find out how the one before was built.',
  fix: 'keep releases in folders of their own behind a link; a script points the link at the one before, restarts, and asks health',
  messages: {
    none: 'nothing in the repository goes back to the release before: no script, and no branch of this one, points to an earlier one and restarts; write it',
  },
  check({ deployment: { installers, scripts }, examine }) {
    const [first] = installers.filter(({ starts }) => starts.length > 0);
    const start = first?.starts[0];
    if (first === undefined || start === undefined) return;
    const handle = examine({ subject: `${first.script.file.path}: rollback`, location: start.location });
    if (scripts.some(goesBack)) handle.pass();
    else handle.fail('none');
  },
});

/** A script, or a branch of one, that switches to what is there and restarts, and brings nothing new. */
function goesBack(script: Script): boolean {
  const branches = new Map<string, Step[]>();
  for (const step of script.steps)
    for (const { node, role } of step.around.filter(isBranch)) {
      const branch = `${node.type}:${node.pos}:${role}`;
      const steps = branches.get(branch) ?? [];
      if (steps.at(-1) !== step) steps.push(step);
      branches.set(branch, steps);
    }
  const groups: (readonly Step[])[] = [script.steps, ...branches.values()];
  return groups.some(
    (steps) =>
      steps.some(switches) &&
      steps.some(restarts) &&
      !steps.some(delivers) &&
      !isWayForward(steps, script.steps),
  );
}

/** What was brought before it is started here for the first time. */
function isWayForward(branch: readonly Step[], all: readonly Step[]): boolean {
  const before = all.slice(
    0,
    all.findIndex((step) => branch.includes(step)),
  );
  const started = before.filter(restarts).flatMap(unitsOf);
  return (
    before.some(delivers) &&
    !branch
      .filter(restarts)
      .flatMap(unitsOf)
      .some((unit) => started.includes(unit))
  );
}

const unitsOf = ({ name, args }: Step): string[] =>
  name === 'systemctl' ? plain(args).slice(1) : args.slice(0, 1);

const isBranch = ({ node, role, index }: Around): boolean =>
  role === 'trap' ||
  role === 'then' ||
  role === 'else' ||
  node.type === 'CaseItem' ||
  (node.type === 'AndOr' && role === 'part' && index > 0);

function switches({ name, args }: Step): boolean {
  if (name === 'ln') return args.some((each) => /^-[a-zA-Z]*s/.test(each) || each === '--symbolic');
  if (name === 'git') return /^(checkout|reset|switch|revert)$/.test(plain(args)[0] ?? '');
  return name === 'mv';
}

const restarts = ({ name, args }: Step): boolean =>
  (name === 'systemctl' &&
    /^(restart|start|reload-or-restart)$/.test(plain(args)[0] ?? '') &&
    !isOfOthers(args)) ||
  (name === 'service' && /^(restart|start)$/.test(args[1] ?? ''));
