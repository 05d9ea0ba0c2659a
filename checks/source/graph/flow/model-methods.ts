/** Methods that this project did not write: of functions, arrays, maps, abort controllers, stacks and resources. */
import { addParent, entriesOf } from './load.ts';
import { linkFunction, target } from './link-call.ts';
import { callArrayMethod, givenElements } from './model-arrays.ts';
import { callResourceMethod, release } from './model-resources.ts';
import { onFunctions, runCallback, runCallbacks } from './callbacks.ts';
import type { Program, Site } from './program.ts';
import type { ThingId } from './things.ts';

export function callMethod(program: Program, site: Site, of: ThingId, name: string): void {
  const thing = program.flow.things[of];
  if (!thing) return;
  if (thing.t === 'resource') callResourceMethod(program, site, of, name);
  else if (thing.t === 'function' || name === '(bound)') callFunctionMethod(program, site, of, name);
  else if (thing.t === 'array') callArrayMethod(program, site, of, name);
  else if (thing.t === 'map') callMapMethod(program, site, of, name);
  else if (thing.t === 'abort' && name === 'abort') abort(program, site, thing.site);
  else if (thing.t === 'signal') callSignalMethod(program, site, of, name);
  else if (thing.t === 'stack') callStackMethod(program, site, of, name);
  else if (name === 'bind') bindMethod(program, site, of);
  else if (name === 'call') target(program, { ...site, args: site.args.slice(1) }, of);
}

function bindMethod(program: Program, site: Site, of: ThingId): void {
  const thing = program.flow.things[of];
  const isBound = thing?.t === 'method' && thing.name === '(bound)';
  program.flow.add(site.result, isBound ? thing : { t: 'method', of, name: '(bound)' });
}

function callFunctionMethod(program: Program, site: Site, of: ThingId, name: string): void {
  const thing = program.flow.things[of];
  if (name === 'bind') bindMethod(program, site, of);
  else if (name === '(bound)') target(program, thing?.t === 'function' ? { ...site, args: [] } : site, of);
  else if (thing?.t === 'function' && name === 'call')
    linkFunction(program, site, thing, site.args.slice(1), 'call', site.result);
  else if (thing?.t === 'function' && name === 'apply')
    linkFunction(program, site, thing, [], 'call', site.result);
}

function callMapMethod(program: Program, site: Site, map: ThingId, name: string): void {
  const { flow } = program;
  const thing = flow.things[map];
  if (thing?.t !== 'map') return;
  const [first, second] = site.args;
  const values = flow.field(map, '@values');
  const list = (part: string, from: number): void => {
    const array = flow.intern({ t: 'array', file: thing.file, id: thing.id, part });
    flow.edge(from, flow.field(array, '*'));
    flow.add(site.result, { t: 'array', file: thing.file, id: thing.id, part });
  };
  if (name === 'set') {
    if (first !== undefined) flow.edge(first, flow.field(map, '@keys'));
    if (second !== undefined) flow.edge(second, values);
    flow.add(site.result, thing);
  } else if (name === 'get') flow.edge(values, site.result);
  else if (name === 'values') list('values', values);
  else if (name === 'keys') list('keys', flow.field(map, '@keys'));
  else if (name === 'entries') list('entries', entriesOf(program, map));
  else if (name === 'forEach')
    runCallbacks(program, site, 'each', [givenElements(program, site, values), flow.field(map, '@keys')]);
}

/** The place in which functions wait for a signal to abort. */
const listenersOf = (program: Program, signal: ThingId): number => program.flow.field(signal, '@listeners');

function callSignalMethod(program: Program, site: Site, signal: ThingId, name: string): void {
  if (name !== 'addEventListener') return;
  const [, listener] = site.args;
  if (listener !== undefined) program.flow.edge(listener, listenersOf(program, signal));
}

function abort(program: Program, site: Site, controller: number): void {
  const { flow } = program;
  const signal = flow.intern({ t: 'signal', site: controller });
  const bound = program.signalled.get(signal) ?? new Set();
  program.signalled.set(signal, bound);
  runCallback(program, site, listenersOf(program, signal), 'drop');
  flow.onThing(flow.field(signal, '@resources'), (resource) => release(program, site, resource, true));
}

function callStackMethod(program: Program, site: Site, stack: ThingId, name: string): void {
  const { flow } = program;
  const [first, second] = site.args;
  const resources = flow.field(stack, '@resources');
  const disposers = flow.field(stack, '@disposers');
  if (name === 'use' || name === 'adopt') {
    if (first !== undefined) flow.edge(first, site.result);
    if (first !== undefined && name === 'use') flow.edge(first, resources);
    if (first !== undefined && second !== undefined)
      onFunctions(program, second, (id) => {
        const thing = flow.things[id];
        if (thing?.t === 'function') linkAdopted(program, site, stack, id, first);
      });
  } else if (name === 'defer' && first !== undefined) flow.edge(first, disposers);
  else if (['dispose', 'disposeAsync', '@@dispose', '@@asyncDispose'].includes(name)) {
    flow.onThing(resources, (id) => {
      if (flow.things[id]?.t === 'resource') release(program, site, id, name === 'dispose');
    });
    flow.onThing(disposers, (id) => {
      const thing = flow.things[id];
      if (thing?.t === 'function')
        linkFunction(program, site, thing, [flow.field(stack, '@adopted')], 'call', undefined);
    });
    if (name !== 'dispose') flow.add(site.result, { t: 'promise', site: site.id });
  } else if (name === 'move') flow.onThing(site.callee, () => addParent(program, stack, stack));
}

function linkAdopted(program: Program, site: Site, stack: ThingId, fn: ThingId, value: number): void {
  const { flow } = program;
  const thing = flow.things[fn];
  if (thing?.t !== 'function') return;
  linkFunction(program, site, thing, [value], 'host', undefined);
  flow.add(flow.field(stack, '@disposers'), thing);
}
