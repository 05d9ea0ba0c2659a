/** Walks a script in the order of execution and notes every command that is reached. Called by `script.ts`. Pure. */
import { forEachChild, parse, type Command, type Statement, type SyntaxNode, type Word } from 'unbash';
import type { DeploymentFile } from '../files/find-files.ts';
import { baseName } from '../model/run-by.ts';
import { readOptions, shebangOptions } from './options.ts';
import type { Around, Options, Script, Step } from './script.ts';
import { createSource, type Source } from './source.ts';

const MOST_STEPS = 20_000;

interface Walk {
  steps: Step[];
  functions: Map<string, { body: SyntaxNode; source: Source }>;
  options: Options;
  others: readonly DeploymentFile[];
  calls: string[];
}

export function walkScript(
  source: Source,
  others: readonly DeploymentFile[],
): Pick<Script, 'steps' | 'functionNamed'> {
  const options = shebangOptions(source.tree.shebang ?? '');
  const walk: Walk = { steps: [], functions: new Map(), options, others, calls: [] };
  visitAll(walk, source, source.tree.commands, []);
  return { steps: walk.steps, functionNamed: (name) => walk.functions.get(name)?.body };
}

function visitAll(walk: Walk, source: Source, all: readonly Statement[], around: readonly Around[]): void {
  for (const each of all) visit(walk, source, each, around);
}

function visit(walk: Walk, source: Source, node: SyntaxNode, around: readonly Around[]): void {
  if (walk.steps.length > MOST_STEPS) return;
  const inside = (role: Around['role'], index = 0): Around[] => [...around, { node, role, index, source }];
  switch (node.type) {
    case 'Function':
      walk.functions.set(node.name.value, { body: node.body, source });
      return;
    case 'Command':
      return visitCommand(walk, source, node, around);
    case 'If':
      visit(walk, source, node.clause, inside('clause'));
      visit(walk, source, node.then, inside('then'));
      node.elif.forEach((each, index) => {
        visit(walk, source, each.clause, inside('clause', index + 1));
        visit(walk, source, each.then, inside('then', index + 1));
      });
      if (node.else) visit(walk, source, node.else, inside('else'));
      return;
    case 'While':
      visit(walk, source, node.clause, inside('clause'));
      visit(walk, source, node.body, inside('body'));
      return;
    case 'For':
      for (const each of node.wordlist ?? []) visitWord(walk, source, each, around);
      visit(walk, source, node.body, inside('body'));
      return;
    case 'AndOr':
    case 'Pipeline':
      node.commands.forEach((each, index) => visit(walk, source, each, inside('part', index)));
      return;
    case 'Subshell': {
      const before = { ...walk.options };
      forEachChild(node, (child) => visit(walk, source, child, inside('body')));
      walk.options = before;
      return;
    }
    case 'Word':
      return visitWord(walk, source, node, around);
    default:
      forEachChild(node, (child) => visit(walk, source, child, inside('body')));
  }
}

/** Programs that only say as whom or how the next word is run. */
const PREFIXES = new Set([
  'sudo',
  'command',
  'builtin',
  'env',
  'exec',
  'nice',
  'ionice',
  'nohup',
  'time',
  'doas',
]);
const PREFIX_VALUES = new Set(['-u', '-g', '-U', '-n', '-C', '--user', '--group']);

function visitCommand(walk: Walk, source: Source, node: Command, around: readonly Around[]): void {
  for (const each of node.prefix)
    if (each.type === 'Assignment' && each.value.type === 'Word') visitWord(walk, source, each.value, around);
  const all = [
    ...(node.name ? [node.name] : []),
    ...node.args.flatMap((each) =>
      each.type === 'Word' ? [each] : each.value.type === 'Word' ? [each.value] : [],
    ),
  ];
  for (const each of all) visitWord(walk, source, each, around);
  if (node.name === undefined) return;
  const words = withoutPrefixes(all);
  const [first, ...rest] = words;
  const step = note(walk, source, node, first, rest, around);
  if (step === undefined) return;
  if (step.name === 'set') walk.options = readOptions(walk.options, step.args);
  else if (step.name === 'trap') visitTrap(walk, source, step, around);
  else if (step.name === '.' || step.name === 'source') visitSourced(walk, step, around);
  else callFunction(walk, step.name, node, source, around);
}

function withoutPrefixes(all: readonly Word[]): Word[] {
  let words = [...all];
  // `command -v npm` asks where npm is, and runs nothing.
  if (baseName(words[0]?.value ?? '') === 'command' && /^-[vV]$/.test(words[1]?.value ?? '')) return words;
  while (words.length > 1 && PREFIXES.has(baseName(words[0]?.value ?? ''))) {
    words = words.slice(1);
    while (words.length > 1 && /^-|^\w+=/.test(words[0]?.value ?? '')) {
      if (PREFIX_VALUES.has(words.shift()?.value ?? '')) words.shift();
    }
  }
  // `timeout 30 cmd` runs cmd.
  if (baseName(words[0]?.value ?? '') === 'timeout') {
    const at = words.findIndex((each, index) => index > 0 && /^\d+(\.\d+)?[smhd]?$|^\$/.test(each.value));
    if (at > 0 && at + 1 < words.length) return words.slice(at + 1);
  }
  return words;
}

function note(
  walk: Walk,
  source: Source,
  node: Command,
  first: Word | undefined,
  rest: readonly Word[],
  around: readonly Around[],
): Step | undefined {
  if (first === undefined) return undefined;
  const step: Step = {
    name: baseName(first.value),
    args: rest.map(({ value }) => value),
    words: rest,
    text: source.textOf(node),
    location: source.place(node.pos),
    node,
    around,
    options: { ...walk.options },
    source,
    environment: node.prefix.flatMap((each) => (each.type === 'Assignment' ? [each.name] : [])),
    order: walk.steps.length,
  };
  walk.steps.push(step);
  return step;
}

function callFunction(
  walk: Walk,
  name: string,
  node: SyntaxNode,
  source: Source,
  around: readonly Around[],
): void {
  const called = walk.functions.get(name);
  if (called === undefined || walk.calls.includes(name)) return;
  walk.calls.push(name);
  visit(walk, called.source, called.body, [...around, { node, role: 'call', index: 0, source }]);
  walk.calls.pop();
}

/** What a trap runs is reached in the end. */
function visitTrap(walk: Walk, source: Source, step: Step, around: readonly Around[]): void {
  const [text = ''] = step.args;
  const inside: Around[] = [...around, { node: step.node, role: 'trap', index: 0, source }];
  for (const { command } of parse(text).commands)
    if (command.type === 'Command') callFunction(walk, command.name?.value ?? '', step.node, source, inside);
}

/** `. "$HERE/lib.sh"` is the file of that name beside the script. */
function visitSourced(walk: Walk, step: Step, around: readonly Around[]): void {
  const name = step.args[0] ?? '';
  const folder = step.source.file.path.replace(/[^/]*$/, '');
  const tail = name.replace(/^.*\$(\{[^}]*\}|\w+|\(.*\))\/?/, '').replace(/^\.\//, '');
  const target = walk.others.find((each) => each.path === `${folder}${tail}`);
  if (tail === '' || target === undefined || walk.calls.includes(target.path)) return;
  walk.calls.push(target.path);
  const source = createSource(target);
  visitAll(walk, source, source.tree.commands, around);
  walk.calls.pop();
}

/** Commands inside a word run before the command that the word belongs to. */
function visitWord(walk: Walk, source: Source, word: Word, around: readonly Around[]): void {
  const look = (node: SyntaxNode): void => {
    if (node.type === 'Script') {
      const inside: Around[] = [...around, { node: word, role: 'substitution', index: 0, source }];
      // An escaped backtick has a text of its own: its places are not the file's.
      if (node.source === undefined) visitAll(walk, source, node.commands, inside);
    } else forEachChild(node, look);
  };
  forEachChild(word, look);
}
