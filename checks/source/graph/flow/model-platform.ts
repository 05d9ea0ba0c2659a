/** Calls of what other packages and the platform export. */
import { SHUTDOWN_HELPERS } from '../../../../harness/resource-catalogue.ts';
import { onFunctions, runCallbacks } from './callbacks.ts';
import { map } from './model-arrays.ts';
import { CONTAINER_MODELS } from './model-containers.ts';
import { PACKAGE_MODELS } from './model-packages.ts';
import { VALUE_MODELS, type Model } from './model-values.ts';
import { callResourceMethod, open, release } from './model-resources.ts';
import { handOver, isOwner, lend } from './ownership.ts';
import { usePromises, type Program, type Site } from './program.ts';
import type { NodeId, ThingId } from './things.ts';

/** Callbacks that these run are given no chance to hand a promise back. */
const DROPS = /^global (setTimeout|setInterval|setImmediate|queueMicrotask|process\.nextTick)$/;

export function callExternal(program: Program, site: Site, from: string, path: string): void {
  const { flow, catalogue } = program;
  const name = path ? `${from} ${path}` : from;
  const row = catalogue.rowOpenedBy(from, path);
  if (row && !(row.madeByNew && !site.call.isNew)) open(program, site, row, from, path);
  else if (SHUTDOWN_HELPERS.includes(name)) callHelper(program, site, name);
  else if (catalogue.closers.has(name)) callCloser(program, site, catalogue.closers.get(name) ?? new Set());
  else if (catalogue.everyone.has(name)) callEveryone(program, site, name);
  else if (catalogue.registries.has(name)) callRegistry(program, site, name);
  else if (catalogue.keepers.has(name)) callKeeper(program, site, catalogue.keepers.get(name) ?? []);
  else if (catalogue.givers.has(name)) flow.edge(keptBy(program, name), site.result);
  else if (/\bprototype\.\w+\.call$/.test(path)) callPrototype(program, site, path.split('.').at(-2) ?? '');
  else if (MODELS[name]) MODELS[name](program, site);
  else if (/\.(map|flatMap|forEach)$/.test(path)) callUnknownList(program, site, path.endsWith('forEach'));
  else {
    runCallbacks(program, site, DROPS.test(name) || /\.(on|once|addListener)$/.test(path) ? 'drop' : 'host');
    if (
      !/^(console|Number|String|Boolean|JSON|Math|Date|Error|performance|Intl)\b/.test(path) ||
      from !== 'global'
    ) {
      // The platform itself takes nothing over.
      if (isOwner(name)) handOver(program, site, 'helper');
      else if (from !== 'global' && !from.startsWith('node:') && !lend(program, site, from, path))
        handOver(program, site, 'library', from);
      for (const each of site.args) usePromises(program, each, { how: 'handed' });
      flow.add(site.result, { t: 'external', from, path: catalogue.result(from, path) });
    }
  }
}

/** A list of which nothing is known: its callback runs, with elements of which nothing is known. */
export function callUnknownList(program: Program, site: Site, isForEach: boolean): void {
  const [callback] = site.args;
  if (isForEach) runCallbacks(program, site, 'each');
  else if (callback !== undefined) map(program, site, callback, program.flow.node());
}

export function callHelper(program: Program, site: Site, helper: string): void {
  const handlers = new Set<ThingId>();
  program.registrations.set(site.id, { site: site.id, events: new Set(), handlers, helper });
  handOver(program, site, 'helper');
  for (const each of site.args) onFunctions(program, each, (fn) => handlers.add(fn));
  runCallbacks(program, site, 'host');
}

function callCloser(program: Program, site: Site, kinds: ReadonlySet<string>): void {
  const [first] = site.args;
  if (first === undefined) return;
  program.flow.onThing(first, (id) => {
    const thing = program.flow.things[id];
    if (thing?.t === 'resource' && kinds.has(thing.row.kind)) release(program, site, id, true);
  });
}

/** `Server.prototype.close.call(server)`. */
function callPrototype(program: Program, site: Site, name: string): void {
  const [first] = site.args;
  if (first === undefined) return;
  program.flow.onThing(first, (id) => {
    if (program.flow.things[id]?.t === 'resource')
      callResourceMethod(program, { ...site, args: site.args.slice(1) }, id, name);
  });
}

const allOf = (program: Program, name: string): NodeId =>
  program.flow.field(program.flow.intern({ t: 'external', from: name, path: '@all' }), '@resources');

function callEveryone(program: Program, site: Site, name: string): void {
  program.flow.add(site.result, { t: 'promise', site: site.id });
  program.flow.onThing(allOf(program, name), (id) => release(program, site, id, false));
}

/** The place of what is kept for the whole process: `setGlobalDispatcher(agent)`, given back by `getGlobalDispatcher()`. */
const keptBy = (program: Program, giver: string): NodeId =>
  program.flow.field(program.flow.intern({ t: 'external', from: giver, path: '@kept' }), 'kept');

function callKeeper(program: Program, site: Site, givers: readonly string[]): void {
  const { flow } = program;
  const [first] = site.args;
  if (first === undefined) return;
  for (const giver of givers)
    flow.onThing(first, (id) => {
      const thing = flow.things[id];
      if (thing?.t === 'resource') flow.add(keptBy(program, giver), thing);
    });
}

function callRegistry(program: Program, site: Site, name: string): void {
  const { flow } = program;
  const registry = { t: 'map', file: site.file, id: -site.id - 1 } as const;
  flow.edge(allOf(program, name), flow.field(flow.intern(registry), '@values'));
  flow.add(site.result, registry);
}

function register(program: Program, site: Site): void {
  const { flow } = program;
  const [event, handler] = site.args;
  flow.add(site.result, { t: 'external', from: 'global', path: 'process' });
  if (event === undefined) return;
  const registration = program.registrations.get(site.id) ?? {
    site: site.id,
    events: new Set<string>(),
    handlers: new Set<ThingId>(),
  };
  program.registrations.set(site.id, registration);
  flow.onThing(event, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'text') registration.events.add(thing.text);
  });
  if (handler !== undefined)
    flow.onThing(handler, (id) => {
      registration.handlers.add(id);
    });
  runCallbacks(program, site, 'drop', [event]);
}

/** `once(emitter, name)`: on the process it is a handler that somebody awaits. */
function eventsOnce(program: Program, site: Site): void {
  const { flow } = program;
  const [emitter, event] = site.args;
  flow.add(site.result, { t: 'promise', site: site.id });
  if (emitter === undefined || event === undefined) return;
  flow.onThing(emitter, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'external' && thing.from === 'global' && thing.path === 'process')
      register(program, { ...site, args: [event], result: flow.node() });
  });
}

const MODELS: Record<string, Model> = {
  ...VALUE_MODELS,
  ...PACKAGE_MODELS,
  ...CONTAINER_MODELS,
  ...Object.fromEntries(
    ['on', 'once', 'addListener', 'prependListener', 'prependOnceListener'].map((each) => [
      `global process.${each}`,
      register,
    ]),
  ),
  'node:events once': eventsOnce,
};
