/** Names: the variable behind an import, an expression as the source writes it. Used by `places.ts`. */
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph } from '../../graph/graph.ts';
import { factsOf } from '../../graph/flow/program.ts';

const MAX_DEPTH = 8;

/** The variable behind an imported name. */
export function exportedBinding(
  graph: Graph,
  file: number,
  b: number,
  depth: number,
): { file: number; b: number } | undefined {
  const { files } = graph.program;
  const given = files[file]?.facts.imports.find((each) => each.b === b);
  return given && exported(graph, file, given.from, given.name, depth);
}

function exported(
  graph: Graph,
  file: number,
  from: string,
  name: string,
  depth: number,
): { file: number; b: number } | undefined {
  const { files } = graph.program;
  const target = files[file]?.resolve(from);
  if (typeof target !== 'number' || depth > MAX_DEPTH) return undefined;
  for (const each of files[target]?.facts.exports ?? []) {
    if (each.name === name && 'v' in each)
      return each.v.k === 'ref' ? { file: target, b: each.v.b } : undefined;
    if (each.name === name && 'of' in each) return exported(graph, target, each.from, each.of, depth + 1);
    const found =
      each.name === '*' && 'from' in each ? exported(graph, target, each.from, name, depth + 1) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** `this.timer`, `state.jobs[]`; empty for what is no plain chain of names. */
export function textOf(graph: Graph, value: Value, ref: FunctionRef): string {
  if (value.k === 'this') return 'this';
  if (value.k === 'global') return value.name;
  if (value.k === 'ref') return factsOf(graph.program, ref.file).bindings[value.b]?.name ?? '';
  if (value.k === 'assign') return textOf(graph, value.t, ref);
  if (value.k === 'index') return `${textOf(graph, value.o, ref)}[]`;
  if (value.k !== 'member') return '';
  const base = textOf(graph, value.o, ref);
  return base ? `${base}.${value.p}` : value.p;
}
