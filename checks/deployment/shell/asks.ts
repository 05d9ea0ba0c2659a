/** Where a script asks the service whether it is well, and what becomes of the answer. Asked by the rules on scripts. Pure. */
import { forEachChild, type SyntaxNode } from 'unbash';
import { commandsIn, fails, hiddenBy, SAYING } from './failure.ts';
import type { Installer } from './installers.ts';
import type { Around, Script, Step } from './script.ts';
import { descendants } from './source.ts';

export interface Ask {
  step: Step;
  /** The loop that asks again. */
  loop: Around | undefined;
}

const CLIENTS = new Set(['curl', 'wget', 'http', 'https', 'xh', 'nc', 'ncat']);
const OWN_HOST = /^(\w+:\/\/)?(localhost|127\.\d+\.\d+\.\d+|\[::1\]|0\.0\.0\.0)(?=[:/]|$)/;
/** An address that the script is told. */
const TOLD = /^(https?:\/\/)?["']?\$/;

/** Questions to the service after it was started. */
export function readAsks(installer: Installer): Ask[] {
  const started = installer.starts[0]?.order ?? Infinity;
  return installer.script.steps
    .filter((step) => step.order > started && asksService(step, installer.words(step)))
    .map((step) => ({ step, loop: loopOf(step) }));
}

function asksService(step: Step, words: readonly string[]): boolean {
  if (!CLIENTS.has(step.name)) return false;
  const saves = words.some(
    (each, index) => /^(-O|--output|-o|-O.+)$/.test(each) && words[index + 1] !== '/dev/null',
  );
  return words.some((each) => OWN_HOST.test(each)) || (!saves && words.some((each) => TOLD.test(each)));
}

const LOOPS = new Set(['For', 'While', 'ArithmeticFor', 'Select']);
export const loopOf = (step: Step): Around | undefined =>
  step.around.findLast(({ node }) => LOOPS.has(node.type));

/** Does the loop end some day when the answer never comes? */
export function isBounded({ node }: Around, script: Script): boolean {
  if (node.type !== 'While') return true;
  const parts = [node, ...descendants(node, forEachChild)];
  return parts.some(
    (each) =>
      each.type === 'ArithmeticCommand' ||
      (each.type === 'TestBinary' && /^-(lt|le|gt|ge|eq|ne)$/.test(each.operator)) ||
      (each.type === 'Command' && commandsIn(each).some(countsOrLeaves)) ||
      (each.type === 'Command' && fails(each, script)),
  );
}

const countsOrLeaves = ({ name, args }: { name: string; args: string[] }): boolean =>
  name === 'timeout' ||
  ((name === '[' || name === 'test') && args.some((each) => /^-(lt|le|gt|ge|eq|ne)$/.test(each)));

/** Does a missing answer end the script? */
export function isEnforced({ step, loop }: Ask, script: Script): boolean {
  if (loop !== undefined) {
    if (loop.node.type === 'While' && !isBounded(loop, script)) return true;
    return fails(loop.node, script) || failsLater(step, script);
  }
  if (step.around.some(({ role }) => role === 'substitution')) return failsLater(step, script);
  if (hiddenBy(step, script) !== undefined) return failsLater(step, script, 3);
  const conditional = step.around.some(isCondition);
  return conditional || step.options.errexit || failsLater(step, script);
}

/** In a condition whose other branch does more than say something: that is taken as an answer. */
export const isCondition = ({ node, role, index }: Around): boolean =>
  (node.type === 'If' && role === 'clause') ||
  (node.type === 'While' && role === 'clause') ||
  (node.type === 'AndOr' && role === 'part' && index < node.commands.length - 1);

/** A command after it that ends the script with a failure. */
function failsLater(step: Step, script: Script, within = Infinity): boolean {
  return script.steps.some(
    (each) =>
      each.order > step.order &&
      each.order - step.order <= within &&
      ((/^(exit|return)$/.test(each.name) && each.args[0] !== '0') ||
        (each.name === 'false' && each.around.length > 0)) &&
      !startsBetween(script, step, each),
  );
}

/** What ends the script after another start is about that one. */
function startsBetween(script: Script, from: Step, to: Step): boolean {
  return script.steps.some(
    ({ name, args, order }) =>
      name === 'systemctl' && args[0] === 'start' && order > from.order && order < to.order,
  );
}

/** curl takes an error page for an answer unless it is told to fail. */
export function ignoresStatus({ step }: Ask): boolean {
  if (step.name !== 'curl') return false;
  const told = step.args.some((each) => /^--fail|^-[a-zA-Z]*f[a-zA-Z]*$/.test(each));
  const shown = step.args.some((each) =>
    /^(-w|--write-out|-i|--include|-I|--head)$|%\{http_code|%\{response_code/.test(each),
  );
  const read = step.around.some(
    ({ node, role, index }) =>
      role === 'substitution' || (node.type === 'Pipeline' && index < node.commands.length - 1),
  );
  return !told && !shown && !read;
}

/** A condition around a step: what is done only where something is not there yet. */
export function isGuarded(step: Step, script: Script): boolean {
  return step.around.some((around) => isGuard(around, script));
}

function isGuard({ node, role, index }: Around, script: Script): boolean {
  if (node.type === 'If') return role === 'then' || role === 'else' || role === 'clause';
  if (node.type === 'CaseItem') return true;
  if (node.type !== 'AndOr' || role !== 'part') return false;
  return (
    node.operators[index] === '||' || node.commands.slice(0, index).some((each) => asksMachine(each, script))
  );
}

const OF_FILES = /^-[a-hkprstuwxLSNOG]$/;
const OF_THE_SHELL = new Set([...SAYING, 'return', 'exit', 'local', 'shift', 'declare', 'export', 'set']);

/** `would "make it" || make_it`: a function that asks nothing of the machine cannot know what is there. */
function asksMachine(node: SyntaxNode, script: Script, depth = 0): boolean {
  if (node.type !== 'Command') return true;
  const body = depth < 4 ? script.functionNamed(node.name?.value ?? '') : undefined;
  if (body === undefined) return depth === 0 || !OF_THE_SHELL.has(node.name?.value ?? '');
  return [body, ...descendants(body, forEachChild)].some(
    (each) =>
      (each.type === 'TestUnary' && OF_FILES.test(each.operator)) ||
      (each.type === 'Command' && each.name !== undefined && asksMachine(each, script, depth + 1)),
  );
}
