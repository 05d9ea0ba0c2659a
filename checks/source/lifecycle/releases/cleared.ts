/** Releases that find nothing: the place that held the handle was set to nothing just before. Used by `released.ts`. */
import { isNothing } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import type { Graph, Resource, Site, Step } from '../../graph/graph.ts';
import { placeOf } from './holders.ts';
import { covers } from '../traces/places.ts';

/** Places as this one function writes them, which hold nothing now. */
type Cleared = ReadonlySet<string>;

const NONE: Cleared = new Set();

interface Search {
  graph: Graph;
  release: Site;
  /** What the release is called on or given, as places. */
  handles: readonly string[];
  /** Whether it found nothing each time it was met; undefined when it was not. */
  found: boolean | undefined;
}

/** Whenever the release runs, what it releases has been set to nothing, and nobody can have put anything there since. */
export function findsNothing(graph: Graph, resource: Resource, release: Site): boolean {
  // A generator lets others run between its steps.
  if (graph.function(release).isGenerator) return false;
  const thing = graph.program.flow.things[resource.id];
  const { f, a } = release.call;
  const held = [...(f.k === 'member' ? [f.o] : []), ...a].filter(
    (each) => thing !== undefined && graph.valueThings(each, release).includes(thing),
  );
  const handles = held.flatMap((each) => plainPlace(graph, each) ?? []);
  if (handles.length === 0 || handles.length < held.length) return false;
  const search: Search = { graph, release, handles, found: undefined };
  run(search, graph.steps(release), NONE);
  return search.found ?? false;
}

/** A variable or a field that is only that: no getter or setter stands behind it. */
function plainPlace(graph: Graph, value: Value): string | undefined {
  for (let each = value; each.k === 'member'; each = each.o) if (hasAccessor(graph, each.p)) return undefined;
  return placeOf(value);
}

const accessors = new WeakMap<Graph, Set<string>>();

function hasAccessor(graph: Graph, name: string): boolean {
  const known = accessors.get(graph) ?? new Set(accessorNames(graph));
  accessors.set(graph, known);
  return known.has(name);
}

const accessorNames = (graph: Graph): string[] =>
  graph.program.files.flatMap(({ facts }) =>
    facts.functions.flatMap((each) =>
      each.kind === 'getter' || each.kind === 'setter' ? (each.name.split('.').at(-1) ?? []) : [],
    ),
  );

/** What is cleared after the steps; what cannot be followed clears nothing. */
function run(search: Search, steps: readonly Step[], before: Cleared): Cleared {
  return steps.reduce((cleared, step) => runStep(search, step, cleared), before);
}

function runStep(search: Search, step: Step, cleared: Cleared): Cleared {
  switch (step.s) {
    case 'store':
      return stored(step, cleared);
    case 'let':
      return without(cleared, `b${step.b}`);
    case 'call':
      return called(search, step, cleared);
    case 'branch': {
      const ends = step.branches.map((each) => run(search, each, cleared));
      return new Set([...cleared, ...(ends[0] ?? [])].filter((each) => ends.every((one) => one.has(each))));
    }
    case 'guard':
      run(search, step.body, cleared);
      run(search, step.handler, NONE);
      return NONE;
    case 'finally':
      run(search, step.body, cleared);
      return run(search, step.after, NONE);
    case 'loop':
      run(search, step.body, NONE);
      return NONE;
    case 'group':
      run(search, step.items, cleared);
      return NONE;
    case 'wait':
      return NONE;
    default:
      return cleared;
  }
}

function stored(step: Step & { s: 'store' }, cleared: Cleared): Cleared {
  const place = placeOf(step.target);
  if (place === undefined) return NONE;
  const others = without(cleared, place);
  return step.plain && isNothing(step.value) ? new Set([...others, place]) : others;
}

/** While something is waited for, or by code of the project that is called, a place can be filled again. */
function called(search: Search, step: Step & { s: 'call' }, cleared: Cleared): Cleared {
  const { graph, release, handles } = search;
  const isEmpty = (handle: string): boolean => [...cleared].some((each) => covers(each, handle));
  if (step.call === release.call) search.found = (search.found ?? true) && handles.every(isEmpty);
  const site = graph.site(step.call);
  const foreign =
    site !== undefined && graph.edgesOf(site).length === 0 && graph.things(site.callee).length > 0;
  return foreign && (step.taken === 'dropped' || step.taken === 'used') ? cleared : NONE;
}

const without = (cleared: Cleared, place: string): Cleared =>
  new Set([...cleared].filter((each) => !covers(place, each)));
