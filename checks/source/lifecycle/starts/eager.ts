/**
 * What runs before anybody calls a start: constructors, field initialisers, getters, the top level of modules that are
 * imported for their names. Used by scheduler-lazy and import-is-inert.
 */
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { thingPlace } from '../traces/places.ts';
import type { EdgeKind, Opening } from '../../graph/flow/program.ts';
import { loadedModules } from '../../graph/reach.ts';
import { isStarting, subsystemsOf } from '../subsystems.ts';

export type EagerKind = 'constructor' | 'field' | 'getter' | 'module';

export interface EagerRoot {
  ref: FunctionRef;
  kind: EagerKind;
  /** An instance of a class that has a start as well: the start is where it belongs. */
  hasStart: boolean;
}

/** What a call does by itself, not by handing functions to others for later. */
export const AT_ONCE: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['call', 'map', 'each', 'executor', 'then']);

/** Functions of modules that the entries load, and that run before a start. */
export function eagerRoots(graph: Graph): EagerRoot[] {
  const early = calledEarly(graph);
  return loadedModules(graph.program, graph.entries).flatMap((file): EagerRoot[] => {
    const facts = graph.program.files[file]?.facts;
    if (!facts) return [];
    const module = moduleRoots(graph, file).map((ref): EagerRoot => ({
      ref,
      kind: 'module',
      hasStart: false,
    }));
    const getters = facts.functions
      .filter((each) => each.kind === 'getter')
      .map((each): EagerRoot => ({ ref: { file, fn: each.id }, kind: 'getter', hasStart: true }));
    const classes = facts.classes.flatMap((cls): EagerRoot[] => {
      const hasStart = offersStart(graph, file, cls.id);
      const fields = { file, fn: cls.fields };
      const sites = graph.edgesTo(fields).map((each) => each.from);
      if (!hasStart && !sites.some((each) => early.has(functionKey(each)))) return [];
      const own: EagerRoot[] = [{ ref: fields, kind: 'field', hasStart }];
      // In start code, too: such a class has a start in which it belongs.
      if (cls.statics !== undefined && hasStart)
        own.push({ ref: { file, fn: cls.statics }, kind: 'field', hasStart });
      if (cls.construct !== undefined)
        own.push({ ref: { file, fn: cls.construct }, kind: 'constructor', hasStart });
      return own;
    });
    const judged = new Set(classes.map((each) => each.ref.fn));
    return [...module.filter((each) => !judged.has(each.ref.fn)), ...getters, ...classes];
  });
}

/** What runs when a module is loaded that is no start code: its top level, and the static parts of its classes. */
export function moduleRoots(graph: Graph, file: number): FunctionRef[] {
  const facts = graph.program.files[file]?.facts;
  if (!facts || isStartCode(graph, file)) return [];
  const statics = facts.functions.filter((each) => each.kind === 'statics' && each.parent === 0);
  return [{ file, fn: 0 }, ...statics.map((each) => ({ file, fn: each.id }))];
}

/** An entry, or a module that start code loads for nothing but its effect. */
export function isStartCode(graph: Graph, file: number): boolean {
  const known = startCode.get(graph) ?? collectStartCode(graph);
  startCode.set(graph, known);
  return known.has(file);
}

const startCode = new WeakMap<Graph, Set<number>>();

function collectStartCode(graph: Graph): Set<number> {
  const found = new Set(graph.entries);
  // A set hands out what is added to it while it is walked.
  for (const file of found) {
    const from = graph.program.files[file];
    if (!from) continue;
    const named = new Set(
      [...from.facts.imports, ...from.facts.exports].flatMap((each) =>
        'from' in each ? from.resolve(each.from) : [],
      ),
    );
    for (const each of from.facts.loads) {
      const target = from.resolve(each);
      if (typeof target === 'number' && !named.has(target)) found.add(target);
    }
  }
  return found;
}

function offersStart(graph: Graph, file: number, cls: number): boolean {
  const key = thingPlace({ graph }, { t: 'instance', file, cls });
  return (
    key !== undefined &&
    subsystemsOf(graph)
      .withKey(key)
      .some((each) => isStarting(each.name))
  );
}

/** Functions that run while modules load, what the entries call included, up to where a start begins. */
function calledEarly(graph: Graph): Set<string> {
  const found = new Set<string>();
  const queue: FunctionRef[] = loadedModules(graph.program, graph.entries).map((file) => ({ file, fn: 0 }));
  for (let next = queue.pop(); next; next = queue.pop()) {
    const key = functionKey(next);
    if (found.has(key)) continue;
    found.add(key);
    for (const edge of graph.edgesFrom(next))
      if (AT_ONCE.has(edge.kind) && !isStart(graph, edge.to)) queue.push(edge.to);
  }
  return found;
}

/** A start of a subsystem; the functions of an entry are the program's own start. */
function isStart(graph: Graph, ref: FunctionRef): boolean {
  const members = subsystemsOf(graph).of(ref);
  if (members.some((each) => each.owner.t !== 'exports' && isStarting(each.name))) return true;
  const name = graph.nameOf(ref).split('.').at(-1) ?? '';
  return !graph.entries.includes(ref.file) && isStarting(name);
}

/** The calls from a call in an eager function to the one that makes a scheduler; empty when it leads to none. */
export function pathToScheduler(graph: Graph, site: Site, makers: ReadonlyMap<number, Opening>): Site[] {
  const seen = new Set<string>();
  const search = (at: Site): Site[] => {
    if (makers.has(at.id)) return [at];
    for (const edge of graph.edgesOf(at)) {
      const key = functionKey(edge.to);
      if (!AT_ONCE.has(edge.kind) || seen.has(key) || ownRoot(graph, edge.to)) continue;
      seen.add(key);
      for (const inner of lifecycleOf(graph).sitesIn(edge.to)) {
        const rest = search(inner);
        if (rest.length > 0) return [at, ...rest];
      }
    }
    return [];
  };
  return search(site);
}

/** Judged where they stand. */
const ownRoot = (graph: Graph, ref: FunctionRef): boolean =>
  ['constructor', 'fields', 'statics', 'getter', 'module'].includes(graph.function(ref).kind);

/** Calls that make a scheduler, a job or an interval; a timeout counts when its callback sets it again. */
export function schedulerMakers(graph: Graph): Map<number, Opening> {
  const loaded = new Set(loadedModules(graph.program, graph.entries));
  const found = new Map<number, Opening>();
  for (const each of graph.program.openings) {
    const site = graph.program.sites[each.site];
    if (!site || !loaded.has(site.file)) continue;
    if (each.row.kind !== 'cron' && each.row.kind !== 'timer') continue;
    if (!each.row.onlyWhenRearmed || rearms(graph, site)) found.set(site.id, each);
  }
  return found;
}

function rearms(graph: Graph, site: Site): boolean {
  const own = functionKey(site);
  const seen = new Set<string>();
  const queue = graph.edgesOf(site).map((each) => each.to);
  for (let next = queue.pop(); next; next = queue.pop()) {
    const key = functionKey(next);
    if (key === own && site.fn !== 0) return true;
    if (seen.has(key)) continue;
    seen.add(key);
    queue.push(...graph.edgesFrom(next).map((each) => each.to));
  }
  return false;
}
