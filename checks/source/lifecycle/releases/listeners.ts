/**
 * Listeners that code which runs again and again adds to something that outlives it: the process, a signal or an emitter
 * of a module. Each run leaves one more unless something takes it off again. Used by resource-released.
 */
import type { Value } from '../../facts/model.ts';
import { isOff } from '../../facts/walk.ts';
import { factsOf } from '../../graph/flow/program.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { isStarting, isStopping, subsystemsOf } from '../subsystems.ts';
import { exportedBinding, textOf } from '../traces/names.ts';
import { placesOf } from '../traces/places.ts';
import { isLatched } from './latched.ts';
import { outermost } from './released.ts';
import { repeatedIn } from './repeated.ts';

export type ListenerFate = { is: 'released' } | { is: 'left' } | { is: 'unknown'; by: Site };

export interface Listener {
  site: Site;
  /** What it is added to, as the source writes it. */
  on: string;
  fate: ListenerFate;
}

const ADDS = new Set(['on', 'addListener', 'prependListener', 'addEventListener']);
const ADDS_ONCE = new Set(['once', 'prependOnceListener']);
const REMOVES = new Set(['off', 'removeListener', 'removeEventListener', 'removeAllListeners']);

/** Listeners on what outlives the code that adds them, in code that runs again and again. */
export function listenersLeft(graph: Graph): Listener[] {
  const repeated = repeatedIn(graph);
  return graph.program.sites.flatMap((site): Listener[] => {
    const { f } = site.call;
    if (f.k !== 'member' || site.call.isNew || !repeated.has(site)) return [];
    const once = ADDS_ONCE.has(f.p) || (ADDS.has(f.p) && endsByOption(site));
    if ((!once && !ADDS.has(f.p)) || site.call.a.length < 2) return [];
    const on = lasting(graph, f.o, site);
    if (on === undefined) return [];
    if (once) return [{ site, on: textOf(graph, f.o, site), fate: { is: 'released' } }];
    // What the shutdown adds, and what ends the process, is added for the last time.
    const ends =
      graph.shutdown.has(functionKey(site)) ||
      lifecycleOf(graph).sitesIn(site).some(lifecycleOf(graph).exits);
    if (ends || isLatched(graph, site, (place) => isSetBack(graph, place, site)) || mayEndByOption(site))
      return [];
    return [{ site, on: textOf(graph, f.o, site), fate: fateOfListener(graph, site, on) }];
  });
}

/** The stop of the same subsystem sets it back, and runs again and again as the start does: each start is a first one. */
function isSetBack(graph: Graph, place: string, ref: FunctionRef): boolean {
  const subsystems = subsystemsOf(graph);
  const stops = subsystems
    .of(ref)
    .filter((each) => isStarting(each.name))
    .flatMap((each) => subsystems.siblings(each))
    .filter((each) => isStopping(each.name) && repeatedIn(graph).has(each.fn));
  return placesOf(graph)
    .stores(place)
    .some(
      (store) => isOff(store.value) && stops.some((each) => functionKey(each.fn) === functionKey(store.ref)),
    );
}

/** `{ once: true }`, `{ signal }`. */
function endsByOption(site: Site): boolean {
  const options = site.call.a[2];
  return (
    options?.k === 'object' &&
    options.props.some(([name, value]) => {
      if (name === 'signal') return true;
      return name === 'once' && !(value.k === 'constant' && value.text === 'false');
    })
  );
}

/** The options stand elsewhere: they may end it. */
function mayEndByOption(site: Site): boolean {
  const options = site.call.a[2];
  if (options === undefined || options.k === 'constant') return false;
  return options.k !== 'object' || options.spread.length > 0;
}

/** One word for what a listener is added to, when it is certain that it is one thing that outlives every call. */
function lasting(graph: Graph, value: Value, ref: FunctionRef): string | undefined {
  const things = graph.valueThings(value, ref);
  const globals = things.filter((each) => each.t === 'external' && each.from === 'global');
  if (value.k === 'global') {
    if (/^(globalThis|global|window|self)$/.test(value.name)) return 'global';
    return value.name === 'process' ? 'process' : undefined;
  }
  if (value.k === 'member' && globals.length === 1 && things.length === 1)
    return value.o.k === 'global' && value.p === 'process' ? 'process' : undefined;
  const place = placesOf(graph).of(value, ref);
  if (place === undefined || placesOf(graph).scopeOf(place)?.fn !== 0) return undefined;
  if (value.k === 'ref' && isProcess(graph, value.b, ref)) return 'process';
  if (placesOf(graph).stores(place).length > 0) return undefined;
  const [signal] = things;
  if (signal?.t === 'signal' && things.length === 1)
    return graph.program.sites[signal.site]?.fn === 0 ? `signal ${signal.site}` : undefined;
  return value.k === 'ref' && isEmitter(graph, value.b, ref) ? place : undefined;
}

/** `import process from 'node:process'`. */
function isProcess(graph: Graph, b: number, ref: FunctionRef): boolean {
  const given = factsOf(graph.program, ref.file).imports.find((each) => each.b === b);
  return given !== undefined && /^(node:)?process$/.test(given.from) && /^(default|\*)$/.test(given.name);
}

/** A variable of a module that is made an emitter where it is declared. */
function isEmitter(graph: Graph, b: number, ref: FunctionRef): boolean {
  const imported = factsOf(graph.program, ref.file).bindings[b]?.kind === 'import';
  const own = imported ? exportedBinding(graph, ref.file, b, 0) : { file: ref.file, b };
  if (!own) return false;
  const module = { file: own.file, fn: 0 };
  const made = [...eachStep(graph.steps(module))].flatMap((step) =>
    step.s === 'let' && step.b === own.b ? [step.value] : [],
  );
  const [only] = made;
  if (only?.k !== 'call' || !only.isNew || made.length !== 1) return false;
  return isEmitterClass(graph, only.f, module, 0);
}

const EMITTERS = /^(node:)?events( (default|EventEmitter|EventEmitterAsyncResource))?$|^global EventTarget$/;

function isEmitterClass(graph: Graph, value: Value, ref: FunctionRef, depth: number): boolean {
  const things = graph.valueThings(value, ref);
  return (
    depth < 8 &&
    things.length > 0 &&
    things.every((each) => {
      if (each.t === 'external') return EMITTERS.test(each.path ? `${each.from} ${each.path}` : each.from);
      if (each.t !== 'class') return false;
      const fact = factsOf(graph.program, each.file).classes[each.cls];
      // A class with methods of these names does with listeners what it likes.
      if (!fact?.base || fact.members.some((member) => ADDS.has(member.name))) return false;
      return isEmitterClass(graph, fact.base, { file: each.file, fn: fact.fields }, depth + 1);
    })
  );
}

function fateOfListener(graph: Graph, added: Site, on: string): ListenerFate {
  const repeated = repeatedIn(graph);
  let elsewhere: Site | undefined;
  for (const site of graph.program.sites) {
    const { f } = site.call;
    if (f.k !== 'member' || !REMOVES.has(f.p) || !takesOff(graph, site, added, on)) continue;
    const beside = site.file === added.file && outermost(graph, site) === outermost(graph, added);
    if (beside || repeated.follows(site)) return { is: 'released' };
    // What only the shutdown takes off grows until then.
    if (!graph.shutdown.has(functionKey(site))) elsewhere = site;
  }
  return elsewhere ? { is: 'unknown', by: elsewhere } : { is: 'left' };
}

/** It may be this listener that the call takes off: same emitter, same event, same handler, as far as that is known. */
function takesOff(graph: Graph, site: Site, added: Site, on: string): boolean {
  const { f, a } = site.call;
  if (f.k !== 'member') return false;
  const from = lasting(graph, f.o, site);
  if (from !== undefined && from !== on) return false;
  const [event, wanted] = [a[0], added.call.a[0]];
  if (event?.k === 'text' && wanted?.k === 'text' && event.t !== wanted.t) return false;
  if (f.p === 'removeAllListeners') return from !== undefined;
  const [handler, other] = [site.args[1], added.args[1]];
  const theirs = new Set(handler === undefined ? [] : graph.program.flow.thingsAt(handler));
  const own = other === undefined ? [] : [...graph.program.flow.thingsAt(other)];
  // Of an emitter that is not known, the handler must be the same one.
  if (theirs.size === 0 || own.length === 0) return from !== undefined;
  return own.some((each) => theirs.has(each));
}
