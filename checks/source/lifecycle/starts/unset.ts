/** Places that hold nothing until a start fills them. Used by stop-safe. */
import { eachValue, isNothing, statementValues } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph } from '../../graph/graph.ts';
import type { PlaceStore } from '../traces/place-stores.ts';
import { placesOf } from '../traces/places.ts';
import { eachStep } from '../../graph/steps.ts';
import type { Member } from '../subsystems.ts';
import { tracesOf } from '../traces/trace.ts';

/** A place that is empty before the start, with the store that fills it; `undefined` when it is not known to be. */
export function filledByStart(graph: Graph, member: Member, place: string): PlaceStore | undefined {
  const places = placesOf(graph);
  const stores = places.stores(place).filter((each) => !isNothing(each.value));
  const scope = places.scopeOf(place);
  const isField = place.startsWith(`${member.key}.`) && place.split('.').length === 2;
  if (!isField && (scope === undefined || place.split('.').length !== 2)) return undefined;
  if (stores.length === 0 || stores.some((each) => isInitial(graph, member, each, scope))) return undefined;
  if (scope && !startsEmpty(graph, place, scope)) return undefined;
  if (isField && member.key.startsWith('o') && !propertyIsEmpty(graph, member, place)) return undefined;
  if (isField && filledByConstructor(graph, member, place)) return undefined;
  return stores[0];
}

/** Stored where the object or the variable comes from, or by somebody from outside. */
function isInitial(graph: Graph, member: Member, store: PlaceStore, scope: FunctionRef | undefined): boolean {
  if (scope) return functionKey(store.ref) === functionKey(scope);
  const fact = graph.function(store.ref);
  if (['constructor', 'fields', 'statics', 'module'].includes(fact.kind)) return true;
  return !isInside(graph, member, store.ref);
}

/** In a method of an instance, or in a function inside one. */
function isInside(graph: Graph, member: Member, ref: FunctionRef): boolean {
  const owner = graph.function(ref).owner;
  if (owner && 'class' in owner) {
    const cls = graph.program.files[ref.file]?.facts.classes[owner.class];
    return cls !== undefined && !cls.members.some((each) => each.fn === ref.fn && each.isStatic);
  }
  if (owner) return member.key === `o${ref.file}:${owner.object}`;
  const { parent } = graph.function(ref);
  return parent !== undefined && isInside(graph, member, { file: ref.file, fn: parent });
}

function startsEmpty(graph: Graph, place: string, scope: FunctionRef): boolean {
  const b = Number(place.split('.')[1]);
  const lets = [...eachStep(graph.steps(scope))].filter((step) => step.s === 'let' && step.b === b);
  return lets.length > 0 && lets.every((step) => step.s === 'let' && isNothing(step.value));
}

function propertyIsEmpty(graph: Graph, member: Member, place: string): boolean {
  const [, file, id] = /^o(\d+):(\d+)$/.exec(member.key) ?? [];
  const facts = graph.program.files[Number(file)]?.facts;
  const name = place.slice(member.key.length + 1);
  for (const fn of facts?.functions ?? [])
    for (const value of statementValues(fn.body))
      for (const each of eachValue(value))
        if (each.k === 'object' && each.id === Number(id)) {
          const property = each.props.find(([key]) => key === name);
          return property === undefined || isNothing(property[1]);
        }
  return false;
}

function filledByConstructor(graph: Graph, member: Member, place: string): boolean {
  if (member.owner.t !== 'instance') return false;
  const { file, cls } = member.owner;
  const construct = graph.program.files[file]?.facts.classes[cls]?.construct;
  if (construct === undefined) return false;
  return tracesOf(graph, { file, fn: construct }).some(({ events }) =>
    events.some((each) => each.e === 'store' && each.place === place && !isNothing(each.value)),
  );
}

/** What a value takes a member of without asking whether it is there; what a condition asks first is left out. */
export function* takenFrom(
  value: Value,
  asked: readonly Value[] = [],
): Generator<{ base: Value; asked: readonly Value[] }> {
  switch (value.k) {
    case 'member':
      if (!value.optional) yield { base: value.o, asked };
      yield* takenFrom(value.o, asked);
      return;
    case 'index':
      yield { base: value.o, asked };
      yield* takenFrom(value.o, asked);
      yield* takenFrom(value.i, asked);
      return;
    case 'call':
      yield* takenFrom(value.f, asked);
      for (const each of value.a) yield* takenFrom(each, asked);
      return;
    case 'choice': {
      const condition = value.c ?? value.vs[0];
      if (value.c) yield* takenFrom(value.c, asked);
      const inner = condition ? [...asked, condition] : asked;
      for (const each of value.vs) yield* takenFrom(each, each === condition ? asked : inner);
      return;
    }
    case 'assign':
      yield* takenFrom(value.v, asked);
      if (value.t.k === 'member') yield* takenFrom(value.t, asked);
      return;
    case 'await':
    case 'void':
    case 'spread':
      yield* takenFrom(value.v, asked);
      return;
    case 'operands':
      for (const each of value.vs) yield* takenFrom(each, asked);
      return;
    case 'array':
      for (const each of value.items) yield* takenFrom(each, asked);
      return;
    case 'object':
      for (const [, each] of value.props) yield* takenFrom(each, asked);
      return;
    default:
  }
}
