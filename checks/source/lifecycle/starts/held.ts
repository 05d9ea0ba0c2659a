/** Where a function keeps what it opened, beyond its own end. Used by the analyses of starts and stops. */
import { eachValue } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Step } from '../../graph/graph.ts';
import { isLocalTo, placesOf } from '../traces/places.ts';
import type { Member } from '../subsystems.ts';
import type { Event, Trace } from '../traces/trace.ts';

export interface Holding {
  place: string;
  /** Position of the store among the events of the trace. */
  index: number;
  /** Added to a collection under a name that the caller gives. */
  keyed: boolean;
}

const INSERTS = new Set(['push', 'add', 'set', 'unshift', 'enqueue']);

/** The places of a trace in which a resource is kept when the function is over. */
export function holdings(graph: Graph, member: Member, trace: Trace, resource: Resource): Holding[] {
  const holds = (value: Value, ref: FunctionRef): boolean => {
    for (const each of eachValue(value))
      if (each === resource.site.call || canBe(graph, each, ref, resource)) return true;
    return false;
  };
  return storesIn(graph, trace).flatMap(({ place, values, ref, index, keyed }) =>
    values.some((each) => holds(each, ref)) && outlives(graph, member, trace, place, 0)
      ? [{ place, index, keyed }]
      : [],
  );
}

function canBe(graph: Graph, value: Value, ref: FunctionRef, resource: Resource): boolean {
  const { program } = graph;
  const node = value.k === 'ref' ? program.bindings[ref.file]?.[value.b] : program.nodes.get(value);
  return node !== undefined && program.flow.thingsAt(node).has(resource.id);
}

interface Stored {
  place: string;
  values: readonly Value[];
  ref: FunctionRef;
  index: number;
  keyed: boolean;
}

const known = new WeakMap<Trace, Stored[]>();

/** Stores to variables and fields, and what is put into collections. */
export function storesIn(graph: Graph, trace: Trace): Stored[] {
  const found = known.get(trace) ?? collectStores(graph, trace);
  known.set(trace, found);
  return found;
}

function collectStores(graph: Graph, trace: Trace): Stored[] {
  const places = placesOf(graph);
  return trace.events.flatMap((event, index): Stored[] => {
    if (event.e === 'store' && event.place !== undefined)
      return [
        {
          place: event.place.replace(/\.\*$/, ''),
          values: [event.value],
          ref: event.ref,
          index,
          keyed: event.place.endsWith('.*'),
        },
      ];
    const call = event.e === 'step' && event.step.s === 'call' ? event.step.call : undefined;
    if (event.e !== 'step' || call?.f.k !== 'member' || !INSERTS.has(call.f.p)) return [];
    const place = places.of(call.f.o, event.ref);
    if (place === undefined) return [];
    return [{ place, values: call.a, ref: event.ref, index, keyed: call.a.length > 1 }];
  });
}

/** The place is still there when the function is over. */
function outlives(graph: Graph, member: Member, trace: Trace, place: string, depth: number): boolean {
  if (isLocalTo(graph, place, trace.functions)) return false;
  const root = place.split('.')[0] ?? '';
  if (!/^[io]/.test(root) || root === member.key || !isMadeIn(graph, trace, root)) return true;
  // A field of an object that the function itself makes: what becomes of that object?
  if (depth > 3) return false;
  return storesIn(graph, trace).some(
    (each) =>
      !each.place.startsWith(`${root}.`) &&
      each.values.some((value) => isObject(graph, value, each.ref, root)) &&
      outlives(graph, member, trace, each.place, depth + 1),
  );
}

function isMadeIn(graph: Graph, trace: Trace, root: string): boolean {
  const [, file, id] = /^.(\d+):(\d+)$/.exec(root) ?? [];
  if (root.startsWith('o'))
    return trace.events.some(
      (event) =>
        event.e === 'step' &&
        (event.step.s === 'let' || event.step.s === 'store') &&
        event.step.value.k === 'object' &&
        event.ref.file === Number(file) &&
        event.step.value.id === Number(id),
    );
  const fact = graph.program.files[Number(file)]?.facts.classes[Number(id)];
  return fact !== undefined && trace.functions.has(functionKey({ file: Number(file), fn: fact.fields }));
}

function isObject(graph: Graph, value: Value, ref: FunctionRef, root: string): boolean {
  return [...eachValue(value)].some((each) =>
    graph.valueThings(each, ref).some((thing) => {
      if (thing.t === 'instance') return `i${thing.file}:${thing.cls}` === root;
      return thing.t === 'object' && `o${thing.file}:${thing.id}` === root;
    }),
  );
}

/** The step of an event that is one. */
export const stepOf = (event: Event): Step | undefined => (event.e === 'step' ? event.step : undefined);
