/**
 * What becomes of a command's failure: whether it ends the script, is answered by something that ends it, or is hidden.
 * Asked by the rules on scripts. Pure.
 */
import { type AndOr, forEachChild, type SyntaxNode } from 'unbash';
import { wordsOf, baseName } from '../model/run-by.ts';
import type { Around, Script, Step } from './script.ts';
import { descendants } from './source.ts';

export interface Hidden {
  /** In words for a message: `|| true`, `set +e`. */
  how: string;
  node: SyntaxNode;
  around: Around;
}

export const SAYING = new Set(['true', ':', 'echo', 'printf', 'logger', 'cat', 'tput']);

/** The commands of a node, nested ones included. */
export function commandsIn(node: SyntaxNode): { name: string; args: string[] }[] {
  return [node, ...descendants(node, forEachChild)].flatMap((each) => {
    if (each.type !== 'Command') return [];
    const [first = '', ...args] = wordsOf(each);
    return [{ name: baseName(first), args }];
  });
}

/** Does it end the script (or the function, with a failure) wherever it is run to its end? */
export function fails(node: SyntaxNode, script: Script, depth = 0): boolean {
  return commandsIn(node).some(({ name, args }) => {
    if (name === 'exit' || name === 'return') return args[0] !== '0';
    if (name === 'false' || name === 'kill') return true;
    if (name === 'exec') return true;
    const body = depth < 4 ? script.functionNamed(name) : undefined;
    return body !== undefined && fails(body, script, depth + 1);
  });
}

/** Does it do nothing but say something? */
function onlySays(node: SyntaxNode, script: Script, depth = 0): boolean {
  return commandsIn(node).every(({ name }) => {
    if (SAYING.has(name)) return true;
    const body = depth < 4 ? script.functionNamed(name) : undefined;
    return body !== undefined && !fails(body, script) && onlySays(body, script, depth + 1);
  });
}

/** Assigns something: what is read later may end the script. */
const remembers = (node: SyntaxNode): boolean =>
  [node, ...descendants(node, forEachChild)].some(
    (each) => each.type === 'Assignment' || each.type === 'ArithmeticCommand',
  );

/** How a command's failure is kept from the script; undefined where it is not, or where that cannot be told. */
export function hiddenBy(step: Step, script: Script): Hidden | undefined {
  for (const [at, around] of step.around.entries()) {
    const { node, role } = around;
    const hidden =
      node.type === 'AndOr' && role === 'part'
        ? hiddenByOr(node, around, script)
        : node.type === 'If' && role === 'clause'
          ? hiddenByIf(step, at, around, script)
          : undefined;
    if (hidden !== undefined) return { ...hidden, around };
  }
  return undefined;
}

/** `work || true`: what follows the next `||` only says something. */
function hiddenByOr(
  node: AndOr,
  { index, source }: Around,
  script: Script,
): Omit<Hidden, 'around'> | undefined {
  const next = node.operators.findIndex((operator, at) => at >= index && operator === '||');
  if (next < 0) return undefined;
  const rest = node.commands.slice(next + 1);
  const quiet = rest.every((each) => onlySays(each, script));
  const [first] = rest;
  return quiet && first !== undefined ? { how: `|| ${source.textOf(first)}`, node: first } : undefined;
}

/** `if work; then ...; else echo; fi`: the branch of the failure only says something, or is not there. */
function hiddenByIf(
  step: Step,
  at: number,
  { node, index, source }: Around,
  script: Script,
): Omit<Hidden, 'around'> | undefined {
  if (node.type !== 'If' || index > 0) return undefined;
  const negated = step.around
    .slice(at)
    .some(
      (each) => each.node.type === 'Pipeline' && each.node.prefixes.some(({ type }) => type === 'Negation'),
    );
  const branch = negated ? node.then : (node.elif[0]?.then ?? node.else);
  if (branch === undefined) return { how: 'an `if` without `else`', node: node.clause };
  if (remembers(branch) || !onlySays(branch, script)) return undefined;
  return { how: source.textOf(branch), node: branch };
}
