/**
 * What stands for something that is injected: a class, or the name, symbol or member by which it is known. Equal keys are
 * one token, whichever file writes it. Used by the models of modules and containers.
 */
import type { FileFacts, Value } from '../../facts/model.ts';
import { evaluate } from './evaluate.ts';
import { factsOf, type FunctionRef, type Program } from './program.ts';
import type { NodeId } from './things.ts';

const MAX_DEPTH = 8;

/** The place of what is provided under a key. */
const provided = (program: Program, key: string): NodeId =>
  program.flow.field(program.flow.intern({ t: 'external', from: '@provided', path: '' }), key);

const classKey = (file: number, cls: number): string => `class ${file}.${cls}`;

/** The place of what is provided for a class. */
export const classNode = (program: Program, file: number, cls: number): NodeId =>
  provided(program, classKey(file, cls));

/** Calls back with the place of the token that an expression is. */
export function onToken(program: Program, ref: FunctionRef, value: Value, use: (node: NodeId) => void): void {
  const key = keyOfValue(program, ref.file, value, 0);
  if (key !== undefined) use(provided(program, key));
  program.flow.onThing(evaluate(program, ref, value), (id) => {
    const thing = program.flow.things[id];
    if (thing?.t === 'class') use(classNode(program, thing.file, thing.cls));
  });
}

function keyOfValue(program: Program, file: number, value: Value, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (value.k === 'text') return `text ${value.t}`;
  if (value.k === 'ref') return keyOfBinding(program, file, value.b, depth + 1);
  // `Symbol.for('redis')` is the same wherever it is written.
  if (value.k === 'call' && value.f.k === 'member' && value.f.p === 'for') {
    const [name] = value.a;
    return name?.k === 'text' ? `symbol ${name.t}` : undefined;
  }
  if (value.k !== 'member') return undefined;
  const owner = keyOfValue(program, file, value.o, depth + 1);
  return owner === undefined ? undefined : `${owner}.${value.p}`;
}

function keyOfBinding(program: Program, file: number, b: number, depth: number): string | undefined {
  const facts = factsOf(program, file);
  const imported = facts.imports.find((each) => each.b === b);
  if (imported) return keyOfExport(program, file, imported.from, imported.name, depth);
  if (facts.bindings[b]?.fn !== 0) return undefined;
  const initial = initialOf(facts, b);
  const isName = initial && (initial.k === 'text' || (initial.k === 'call' && initial.f.k === 'member'));
  const named = isName ? keyOfValue(program, file, initial, depth + 1) : undefined;
  return named ?? `variable ${file}.${b}`;
}

const initialOf = (facts: FileFacts, b: number): Value | undefined => {
  for (const each of facts.functions[0]?.body ?? []) if (each.s === 'let' && each.b === b) return each.v;
  return undefined;
};

function keyOfExport(
  program: Program,
  file: number,
  from: string,
  name: string,
  depth: number,
): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const target = program.files[file]?.resolve(from) ?? from;
  if (typeof target === 'string') return `${target} ${name}`;
  for (const each of factsOf(program, target).exports) {
    if (each.name === '*' && 'from' in each) {
      const found = keyOfExport(program, target, each.from, name, depth + 1);
      if (found !== undefined && !/^[@\w./-]+ /.test(found)) return found;
      if (found?.startsWith('variable ') || found?.startsWith('text ')) return found;
    } else if (each.name === name) {
      if ('v' in each) return keyOfValue(program, target, each.v, depth + 1);
      if ('of' in each) return keyOfExport(program, target, each.from, each.of, depth + 1);
    }
  }
  return undefined;
}
