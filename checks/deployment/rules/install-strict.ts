import { isCondition } from '../shell/asks.ts';
import { fails } from '../shell/failure.ts';
import { type Installer, works } from '../shell/installers.ts';
import { matters } from '../shell/matters.ts';
import type { Around, Script, Step } from '../shell/script.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'install-strict',
  title: 'an install script ends at the first step that fails',
  why: 'Without it the script goes on after a failed build or copy, restarts the service on half an installation and exits 0.',
  fix: 'set -euo pipefail in the first lines; no function that installs is called as a condition',
  messages: {
    notStrict: 'nothing ends this script when a step fails; write set -euo pipefail before the first step',
    setLate: 'set -e comes after the work has begun (here); move it to the first lines',
    noPipefail: 'a failure of {command} is lost in this pipeline; write set -o pipefail',
    disabledByCaller:
      '{name} is called as a condition: inside it no failure ends anything, and {command} at line {line} may fail unseen; call it by itself',
    unsetDeletes: '{command} deletes what an unset variable leaves of the path; write set -u, or {variable}',
  },
  check({ deployment: { installers }, examine }) {
    for (const installer of installers) {
      const { script } = installer;
      const work = script.steps.filter(works);
      const [first] = work;
      if (first === undefined) continue;
      const file = script.file.path;
      const handle = examine({ subject: `${file}: set -e`, location: first.location });
      const open = work.filter((step) => matters(installer, step) && !isAnswered(step, script));
      if (first.options.errexit || open.length === 0) handle.pass();
      else if (script.steps.some(({ options, order }) => options.errexit && order > first.order))
        handle.fail('setLate');
      else handle.fail('notStrict');
      for (const { step, around } of lostInPipes(installer))
        examine({
          subject: `${file}: ${around.source.textOf(around.node)}`,
          location: around.source.place(around.node.pos),
        }).fail('noPipefail', { command: step.text });
      for (const found of disabled(installer))
        examine({ subject: `${file}: ${found.name} as a condition`, location: found.location }).fail(
          'disabledByCaller',
          { name: found.name, command: found.step.text, line: found.step.location.line },
        );
      for (const { step, variable } of deletions(installer))
        examine({ subject: `${file}: ${step.text}`, location: step.location }).fail('unsetDeletes', {
          command: step.text,
          variable: `\${${variable}:?}`,
        });
    }
  },
});

/** `step || exit 1`: it needs no option. What stands around the call of its function answers for the last step only. */
function isAnswered(step: Step, script: Script): boolean {
  const call = step.around.findLastIndex(({ role }) => role === 'call');
  return step.around.slice(call + 1).some(({ node, role, index }) => {
    if (node.type === 'If') return role === 'clause' && fails(node, script);
    if (node.type !== 'AndOr' || role !== 'part') return false;
    return node.commands.slice(index + 1).some((each) => fails(each, script));
  });
}

function lostInPipes(installer: Installer): { step: Step; around: Around }[] {
  return installer.script.steps.flatMap((step) => {
    const around = step.around.findLast(({ node }) => node.type === 'Pipeline');
    if (around?.node.type !== 'Pipeline' || step.options.pipefail || !matters(installer, step)) return [];
    return around.index < around.node.commands.length - 1 ? [{ step, around }] : [];
  });
}

/** Functions that are called in a condition and do work after which something else is done. */
function disabled(installer: Installer) {
  const found = new Map<Around['node'], { name: string; location: Step['location']; step: Step }>();
  for (const step of installer.script.steps) {
    if (!step.options.errexit || !matters(installer, step) || isAnswered(step, installer.script)) continue;
    const at = conditionalCall(step.around);
    const call = step.around[at];
    if (call?.node.type !== 'Command' || found.has(call.node)) continue;
    const follows = installer.script.steps.some(
      (each) => each.order > step.order && each.around[at]?.node === call.node,
    );
    const name = call.node.name?.value ?? '';
    if (follows) found.set(call.node, { name, location: call.source.place(call.node.pos), step });
  }
  return [...found.values()];
}

/** Which of the calls around a step is the outermost that is a condition. */
function conditionalCall(around: readonly Around[]): number {
  let from = 0;
  for (const [at, { role }] of around.entries()) {
    if (role !== 'call') continue;
    if (around.slice(from, at).some(isCondition)) return at;
    from = at + 1;
  }
  return -1;
}

function deletions(installer: Installer): { step: Step; variable: string }[] {
  return installer.script.steps.flatMap((step) => {
    if (step.name !== 'rm' || step.options.nounset || !step.args.some((each) => /^-\w*[rR]/.test(each)))
      return [];
    const unset = installer.words(step).flatMap((each) => /^\$\{?(\w+)\}?\//.exec(each)?.[1] ?? []);
    return unset.slice(0, 1).map((variable) => ({ step, variable }));
  });
}
