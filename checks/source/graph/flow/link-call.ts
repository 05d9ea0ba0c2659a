/** Links a call: finds what is called as things arrive, hands arguments to parameters and results back. */
import type { CallValue, Value } from '../../facts/model.ts';
import { classAround } from './classes.ts';
import { evaluate } from './evaluate.ts';
import { iterate } from './load.ts';
import { callMethod } from './model-methods.ts';
import { callExternal } from './model-platform.ts';
import { open } from './model-resources.ts';
import {
  addEdge,
  bindingNode,
  classThisNode,
  factsOf,
  functionOf,
  isFirst,
  returnNode,
  usePromises,
  type EdgeKind,
  type FunctionRef,
  type Program,
  type Site,
} from './program.ts';
import type { NodeId, ThingId } from './things.ts';

export function linkCall(program: Program, ref: FunctionRef, call: CallValue, result: NodeId): void {
  const { flow } = program;
  const base = call.f.k === 'member' || call.f.k === 'index' ? evaluate(program, ref, call.f.o) : undefined;
  const args = call.a.map((each) => argument(program, ref, each));
  const callee = evaluate(program, ref, call.f);
  const site: Site = { ...ref, id: program.sites.length, call, callee, base, args, result };
  program.sites.push(site);
  program.siteOfCall.set(call, site);
  if (call.f.k === 'super') {
    linkSuper(program, ref, site);
    return;
  }
  if (
    !call.isNew &&
    call.f.k === 'member' &&
    base !== undefined &&
    ['then', 'catch', 'finally'].includes(call.f.p)
  ) {
    linkChain(program, site, base, call.f.p);
    return;
  }
  flow.onThing(callee, (thing) => target(program, site, thing));
}

function argument(program: Program, ref: FunctionRef, value: Value): NodeId {
  if (value.k !== 'spread') return evaluate(program, ref, value);
  const node = program.flow.node();
  iterate(program, evaluate(program, ref, value.v), node);
  return node;
}

/** Links a site to one thing that its callee can be. */
export function target(program: Program, site: Site, id: ThingId): void {
  const { flow } = program;
  const thing = flow.things[id];
  if (!thing) return;
  if (thing.t === 'function') linkFunction(program, site, thing, site.args, 'call', site.result);
  else if (thing.t === 'class' && site.call.isNew) linkNew(program, site, thing.file, thing.cls);
  else if (thing.t === 'method') callMethod(program, site, thing.of, thing.name);
  else if (thing.t === 'external') callExternal(program, site, thing.from, thing.path);
  // `url.toString()`: the same place in another form.
  else if (thing.t === 'location') flow.add(site.result, thing);
  else if (thing.t === 'resolver') {
    const [value] = site.args;
    if (value === undefined) return;
    usePromises(program, value, { how: 'handed' });
    flow.settledEdge(value, thing.result);
  }
}

/**
 * Hands arguments to a function and its result back. With kind `call` the result gets a promise of this site when the
 * function gives one; the other kinds hand back the bare result.
 */
export function linkFunction(
  program: Program,
  site: Site,
  fn: FunctionRef,
  args: readonly NodeId[],
  kind: EdgeKind,
  result: NodeId | undefined,
): void {
  const { flow } = program;
  const to = { file: fn.file, fn: fn.fn };
  if (!addEdge(program, site, to, site.id, kind)) return;
  const fact = functionOf(program, to);
  fact.params.forEach((parameter, position) => {
    const node = bindingNode(program, fn.file, parameter.b);
    if (parameter.rest) {
      const rest = flow.intern({ t: 'array', file: fn.file, id: -1 - fn.fn, part: 'rest' });
      flow.add(node, { t: 'array', file: fn.file, id: -1 - fn.fn, part: 'rest' });
      for (const each of args.slice(position)) {
        flow.edge(each, flow.field(rest, 'rest'));
        flow.edge(flow.field(rest, 'rest'), flow.field(rest, '*'));
      }
    } else {
      const given = args[position];
      if (given !== undefined) flow.edge(given, node);
    }
  });
  if (result === undefined) return;
  const returned = returnNode(program, to);
  if (fact.isAsync) flow.add(result, { t: 'promise', site: site.id });
  flow.onThing(returned, (id) => {
    if (flow.things[id]?.t === 'promise') flow.add(result, { t: 'promise', site: site.id });
  });
  flow.settledEdge(returned, result);
}

function linkNew(program: Program, site: Site, file: number, cls: number): void {
  const fact = factsOf(program, file).classes[cls];
  if (!fact) return;
  program.flow.add(site.result, { t: 'instance', file, cls });
  openBase(program, site, file, cls);
  linkConstructor(program, site, file, cls);
}

/** An instance of a class that extends one of the catalogue's exchanges is such an exchange itself. */
function openBase(program: Program, site: Site, file: number, cls: number): void {
  const { flow } = program;
  const fact = factsOf(program, file).classes[cls];
  if (!fact?.base || !isFirst(program, `base ${site.id} ${file}.${cls}`)) return;
  flow.onThing(evaluate(program, { file, fn: fact.fields }, fact.base), (id) => {
    const base = flow.things[id];
    if (base?.t === 'class') openBase(program, site, base.file, base.cls);
    const row = base?.t === 'external' ? program.catalogue.rowOpenedBy(base.from, base.path) : undefined;
    if (base?.t === 'external' && row?.knownByType) {
      const thing = open(program, site, row, base.from, base.path);
      flow.add(classThisNode(program, file, cls), thing);
    }
  });
}

/** Runs field initialisers and constructor; a class without a constructor runs that of its base. */
export function linkConstructor(program: Program, site: Site, file: number, cls: number): void {
  const { flow } = program;
  const fact = factsOf(program, file).classes[cls];
  if (!fact) return;
  // Linked already: classes that extend each other in a circle end here.
  if (!addEdge(program, site, { file, fn: fact.fields }, site.id, 'call')) return;
  if (fact.construct !== undefined)
    linkFunction(program, site, { file, fn: fact.construct }, site.args, 'call', undefined);
  else if (fact.base)
    flow.onThing(evaluate(program, { file, fn: fact.fields }, fact.base), (id) => {
      const base = flow.things[id];
      if (base?.t === 'class') linkConstructor(program, site, base.file, base.cls);
    });
  flow.thingsAt(classThisNode(program, file, cls));
}

function linkSuper(program: Program, ref: FunctionRef, site: Site): void {
  const base = classAround(program, ref)?.base;
  if (!base) return;
  program.flow.onThing(evaluate(program, ref, base), (id) => {
    const thing = program.flow.things[id];
    if (thing?.t === 'class') linkConstructor(program, site, thing.file, thing.cls);
  });
}

/** `p.then(f, g)`, `p.catch(g)`, `p.finally(f)`. */
function linkChain(program: Program, site: Site, base: NodeId, name: string): void {
  const { flow } = program;
  const [first, second] = site.args;
  const handled = name === 'catch' ? first !== undefined : name === 'then' && second !== undefined;
  usePromises(program, base, handled ? { how: 'handled' } : { how: 'chained', site: site.id });
  if (handled) usePromises(program, base, { how: 'chained', site: site.id });
  flow.add(site.result, { t: 'promise', site: site.id });
  const settled = flow.node();
  flow.settledEdge(base, settled);
  if (name !== 'then' || first === undefined) flow.edge(settled, site.result);
  const run = (callback: NodeId | undefined, args: NodeId[], keep: boolean): void => {
    if (callback === undefined) return;
    flow.onThing(callback, (id) => {
      const fn = flow.things[id];
      if (fn?.t === 'function') {
        linkFunction(program, site, fn, args, 'then', undefined);
        const returned = returnNode(program, fn);
        usePromises(program, returned, { how: 'chained', site: site.id });
        if (keep) flow.settledEdge(returned, site.result);
      } else if (fn?.t === 'method' || fn?.t === 'external' || fn?.t === 'resolver')
        target(program, { ...site, args: args.length > 0 ? args : [flow.node()], result: flow.node() }, id);
    });
  };
  run(first, name === 'then' ? [settled] : [], name !== 'finally');
  run(second, [], true);
}
