/**
 * The number that an expression stands for, as far as the source says it: through constants, arithmetic, defaults of
 * environment variables, objects and parameters. Used by deadline-within-unit.
 */
import type { Statement, Value } from '../../facts/model.ts';
import { eachValueIn } from '../../facts/walk.ts';
import { factsOf } from '../../graph/flow/program.ts';
import type { FunctionRef, Graph } from '../../graph/graph.ts';
import { exportedBinding } from '../traces/names.ts';
import { placesOf } from '../traces/places.ts';

const MAX_DEPTH = 16;

/** `undefined` where the number comes from outside, or where several are possible. */
export function numberOf(graph: Graph, value: Value, ref: FunctionRef, depth = 0): number | undefined {
  if (depth > MAX_DEPTH) return undefined;
  const next = (each: Value | undefined, at: FunctionRef = ref): number | undefined =>
    each && numberOf(graph, each, at, depth + 1);
  switch (value.k) {
    case 'constant':
      return value.t === 'number' ? Number(value.text.replaceAll('_', '')) : undefined;
    case 'text':
      return value.t.trim() === '' || Number.isNaN(Number(value.t)) ? undefined : Number(value.t);
    case 'await':
      return next(value.v);
    case 'operands':
      return calculate(value, next);
    case 'choice':
      return chosen(graph, value, ref, next);
    case 'call':
      return ofCall(graph, value, next);
    case 'ref':
      return ofBinding(graph, value.b, ref, next);
    case 'member':
      return ofMember(graph, value, ref, next);
    default:
      return undefined;
  }
}

type Next = (value: Value | undefined, ref?: FunctionRef) => number | undefined;

function calculate({ op, vs }: Value & { k: 'operands' }, next: Next): number | undefined {
  const [a, b] = vs.map((each) => next(each));
  if (a === undefined) return undefined;
  if (vs.length === 1) return op === '-' ? -a : op === '+' ? a : undefined;
  if (b === undefined) return undefined;
  if (op === '*') return a * b;
  if (op === '+') return a + b;
  if (op === '-') return a - b;
  if (op === '/') return a / b;
  return op === '**' ? a ** b : undefined;
}

/** `a ?? b`, `a || b`, `c ? a : b`: what comes from the environment gives way to the default. */
function chosen(
  graph: Graph,
  value: Value & { k: 'choice' },
  ref: FunctionRef,
  next: Next,
): number | undefined {
  const written = value.vs.filter((each) => !isFromOutside(graph, each, ref));
  const numbers = new Set(written.map((each) => next(each)));
  const [first] = numbers;
  // `a ?? b` of two that the source says is the first one.
  if (!value.c && written.length > 1) return next(written[0]);
  return numbers.size === 1 ? first : undefined;
}

/** It is the value of an environment variable, or made of one alone. */
function isFromOutside(graph: Graph, value: Value, ref: FunctionRef): boolean {
  if (value.k === 'call')
    return value.a.length > 0 && value.a.slice(0, 1).every((each) => isFromOutside(graph, each, ref));
  if (value.k === 'operands')
    return value.vs.length === 1 && value.vs.every((each) => isFromOutside(graph, each, ref));
  if (value.k === 'member' || value.k === 'index') return isFromOutside(graph, value.o, ref);
  if (value.k === 'global') return value.name === 'process';
  if (value.k !== 'ref') return false;
  return graph
    .valueThings(value, ref)
    .some((each) => each.t === 'external' && each.from === 'global' && each.path.startsWith('process'));
}

/** `Number(x)`, `parseInt(x, 10)`, `Math.max(a, b)`, and a function that returns one number. */
function ofCall(graph: Graph, call: Value & { k: 'call' }, next: Next): number | undefined {
  const { f } = call;
  const name = f.k === 'global' ? f.name : f.k === 'member' && f.o.k === 'global' ? `${f.o.name}.${f.p}` : '';
  if (
    /^(Number|parseInt|parseFloat|Number\.parseInt|Number\.parseFloat|Math\.(round|floor|ceil|trunc))$/.test(
      name,
    )
  )
    return next(call.a[0]);
  if (name === 'Math.max' || name === 'Math.min') {
    const given = call.a.map((each) => next(each));
    const known = given.flatMap((each) => each ?? []);
    if (known.length < given.length) return undefined;
    return name === 'Math.max' ? Math.max(...known) : Math.min(...known);
  }
  const site = graph.site(call);
  const targets = site ? graph.edgesOf(site).filter((each) => each.kind === 'call') : [];
  const [only] = targets;
  if (!only || targets.length !== 1) return undefined;
  const returned = graph.function(only.to).body.filter((each) => each.s === 'return');
  return returned.length === 1 && returned[0]?.s === 'return' ? next(returned[0].v, only.to) : undefined;
}

/** A variable that is given its value once, a parameter that every call gives the same, or an import of one. */
function ofBinding(graph: Graph, b: number, ref: FunctionRef, next: Next): number | undefined {
  const facts = factsOf(graph.program, ref.file);
  const binding = facts.bindings[b];
  if (binding?.kind === 'import') return ofImport(graph, b, ref, next);
  if (!binding || placesOf(graph).stores(`b${ref.file}.${b}`).length > 1) return undefined;
  const owner = { file: ref.file, fn: binding.fn };
  const fact = graph.function(owner);
  const position = fact.params.findIndex((each) => each.b === b && !each.rest);
  if (position >= 0) {
    const given = graph
      .edgesTo(owner)
      .map((edge) => ({ edge, site: graph.program.sites[edge.site] }))
      .map(({ edge, site }) => {
        const value = edge.kind === 'call' ? site?.call.a[position] : undefined;
        return value && site ? next(value, site) : next(fact.params[position]?.initial, owner);
      });
    return new Set(given).size === 1 ? given[0] : undefined;
  }
  const lets = letsOf(fact.body, b);
  return lets.length === 1 ? next(lets[0], owner) : undefined;
}

function ofImport(graph: Graph, b: number, ref: FunctionRef, next: Next): number | undefined {
  const target = exportedBinding(graph, ref.file, b, 0);
  return target && next({ k: 'ref', b: target.b }, { file: target.file, fn: 0 });
}

function letsOf(statements: readonly Statement[], b: number): Value[] {
  return statements.flatMap((each): Value[] => {
    if (each.s === 'let') return each.b === b ? [each.v] : [];
    if (each.s === 'if') return letsOf([...each.then, ...each.else], b);
    if (each.s === 'loop') return letsOf([...each.head, ...each.body], b);
    if (each.s === 'try') return letsOf([...each.body, ...(each.finally ?? [])], b);
    return each.s === 'block' ? letsOf(each.body, b) : [];
  });
}

/** A field that is stored to once, or the property of the one object that can be there. */
function ofMember(
  graph: Graph,
  value: Value & { k: 'member' },
  ref: FunctionRef,
  next: Next,
): number | undefined {
  const place = placesOf(graph).of(value, ref);
  const stores = place === undefined ? [] : placesOf(graph).stores(place);
  const [store] = stores;
  if (store && stores.length === 1) return next(store.value, store.ref);
  if (stores.length > 1) return undefined;
  const objects = graph.valueThings(value.o, ref).filter((each) => each.t === 'object');
  const numbers = objects.map((each) => {
    const found = each.t === 'object' ? literalOf(graph, each.file, each.id) : undefined;
    const property = found?.value.props.find(([name]) => name === value.p)?.[1];
    return found && next(property, found.ref);
  });
  return new Set(numbers).size === 1 ? numbers[0] : undefined;
}

type Literal = { value: Value & { k: 'object' }; ref: FunctionRef };

const literals = new WeakMap<Graph, Map<string, Literal>>();

/** The object as it is written. */
function literalOf(graph: Graph, file: number, id: number): Literal | undefined {
  const known = literals.get(graph) ?? new Map<string, Literal>();
  if (!literals.has(graph)) {
    literals.set(graph, known);
    graph.program.files.forEach(({ facts }, index) => {
      for (const fn of facts.functions)
        for (const value of eachValueIn(fn.body))
          if (value.k === 'object')
            known.set(`${index}.${value.id}`, { value, ref: { file: index, fn: fn.id } });
      for (const each of facts.exports)
        if ('v' in each && each.v.k === 'object')
          known.set(`${index}.${each.v.id}`, { value: each.v, ref: { file: index, fn: 0 } });
    });
  }
  return known.get(`${file}.${id}`);
}
