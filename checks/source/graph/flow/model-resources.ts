/** What calls do to resources of the catalogue: make, start, release, hand over. */
import { SHUTDOWN_PLUGINS, type ResourceRow } from '../../../../harness/resource-catalogue.ts';
import { runCallback, runCallbacks } from './callbacks.ts';
import { fieldOf } from './load.ts';
import { lend, own } from './ownership.ts';
import { hasArgument, hasOption } from './options.ts';
import { linkFunction, target } from './link-call.ts';
import { giveInstance, makeModules } from './model-injection.ts';
import { callHelper } from './model-platform.ts';
import { returnNode, usePromises, type Program, type Site } from './program.ts';
import type { NodeId, Thing, ThingId } from './things.ts';

const FLUENT = new Set([
  'on',
  'once',
  'addListener',
  'prependListener',
  'off',
  'ref',
  'unref',
  'listen',
  'setMaxListeners',
  'setTimeout',
  'setEncoding',
]);
const LISTENERS = new Set(['on', 'once', 'addListener', 'prependListener', 'addEventListener']);

/** Makes a resource at a call site. */
export function open(program: Program, site: Site, row: ResourceRow, from: string, path: string): Thing {
  const { flow } = program;
  const thing = { t: 'resource', site: site.id, row, from, path } as const;
  // Given a callback, what gives a promise otherwise gives nothing.
  if (row.opensPromise && site.call.a.at(-1)?.k === 'fn') {
    runCallbacks(program, site, 'host');
    return thing;
  }
  const resource = flow.intern(thing);
  if (program.openings.some((each) => each.resource === resource)) return thing;
  flow.add(site.result, thing);
  program.openings.push({ site: site.id, row, resource });
  if (row.opensPromise) flow.add(site.result, { t: 'promise', site: site.id });
  bindSignals(program, site, resource);
  runCallbacks(program, site, 'drop');
  const begins = row.startedByOption;
  if (begins && (hasOption(site, begins.name) || hasArgument(site, begins.position)))
    program.starts.push({ site: site.id, resource, sync: true });
  if (row.ownsArguments) own(program, site, resource);
  lend(program, site, from, path);
  if (row.makesModules && site.args[0] !== undefined)
    makeModules(program, { site, application: resource }, site.args[0]);
  for (const registry of row.registry ?? []) {
    const all = flow.intern({ t: 'external', from: registry, path: '@all' });
    flow.add(flow.field(all, '@resources'), thing);
  }
  for (const everyone of row.closesAll ?? []) {
    const all = flow.intern({ t: 'external', from: everyone, path: '@all' });
    flow.add(flow.field(all, '@resources'), thing);
  }
  return thing;
}

/** A resource that is opened with an AbortSignal ends when it is aborted. */
function bindSignals(program: Program, site: Site, resource: ThingId): void {
  const { flow } = program;
  const bind = (id: ThingId): void => {
    const signal = flow.things[id];
    const thing = flow.things[resource];
    if (signal?.t === 'signal' && thing) flow.add(flow.field(id, '@resources'), thing);
  };
  for (const each of site.args)
    flow.onThing(each, (id) => {
      bind(id);
      if (flow.things[id]?.t === 'object') flow.onThing(fieldOf(program, id, 'signal'), bind);
    });
}

export function release(program: Program, site: Site, resource: ThingId, sync: boolean): void {
  if (program.releases.some((each) => each.site === site.id && each.resource === resource)) return;
  program.releases.push({ site: site.id, resource, sync });
}

/** A method of a resource. */
export function callResourceMethod(program: Program, site: Site, resource: ThingId, name: string): void {
  const { flow } = program;
  const thing = flow.things[resource];
  if (thing?.t !== 'resource') return;
  const { row } = thing;
  if (row.aliases?.includes(name)) flow.add(site.result, thing);
  if (FLUENT.has(name) && !row.startPromises?.includes(name)) flow.add(site.result, thing);
  if (name === 'unref') program.unrefs.add(resource);
  // NestJS: from here on the framework closes the application when a signal comes.
  if (name === 'enableShutdownHooks') closesItself(program, site, resource, row.noun);
  if (row.closes.includes(name)) close(program, site, resource, row, name);
  else if (row.startedBy?.includes(name)) start(program, site, resource, row, name);
  else if (row.makesModules && /^(get|resolve)$/.test(name)) giveInstance(program, site, resource);
  else if (row.hooks?.includes(name)) hook(program, site, resource);
  else {
    runCallbacks(program, site, LISTENERS.has(name) ? 'drop' : 'host');
    const path = program.catalogue.member(thing.from, `${thing.path}()`, name);
    const sub = program.catalogue.rowOpenedBy(thing.from, path);
    if (sub) open(program, site, sub, thing.from, path);
    else if (!FLUENT.has(name))
      flow.add(site.result, {
        t: 'external',
        from: thing.from,
        path: program.catalogue.result(thing.from, path),
      });
  }
}

/** From here on a signal closes it, without a call of the project. */
function closesItself(program: Program, site: Site, resource: ThingId, helper: string): void {
  callHelper(program, site, helper);
  program.handedOver.set(resource, 'helper');
  runCallback(program, site, program.flow.field(resource, '@close'), 'host');
}

function close(program: Program, site: Site, resource: ThingId, row: ResourceRow, name: string): void {
  const { flow } = program;
  const sync = row.releaseReturns === 'sync' || (row.closesSync?.includes(name) ?? false);
  release(program, site, resource, sync);
  if ((row.releaseReturns === 'promise' && !sync) || row.closesByPromise?.includes(name))
    flow.add(site.result, { t: 'promise', site: site.id });
  runCallbacks(program, site, 'after');
  runCallback(program, site, flow.field(resource, '@close'), 'call', [resourceNode(program, resource)]);
}

function start(program: Program, site: Site, resource: ThingId, row: ResourceRow, name: string): void {
  if (!program.starts.some((each) => each.site === site.id && each.resource === resource))
    program.starts.push({ site: site.id, resource, sync: !row.startPromises?.includes(name) });
  if (row.startPromises?.includes(name)) program.flow.add(site.result, { t: 'promise', site: site.id });
  // `app.server.listen()` gives the server of the application, which is not the application.
  const [member, inner] = name.split('.');
  if (inner !== undefined) program.flow.add(site.result, { t: 'method', of: resource, name: member ?? '' });
  bindSignals(program, site, resource);
  runCallbacks(program, site, 'listen');
}

function resourceNode(program: Program, resource: ThingId): NodeId {
  const { flow } = program;
  const node = flow.field(resource, '@self');
  const thing = flow.things[resource];
  if (thing) flow.add(node, thing);
  return node;
}

/** `app.register(plugin)` runs at start, `app.addHook('onClose', f)` when the resource is closed. */
function hook(program: Program, site: Site, resource: ThingId): void {
  const { flow } = program;
  const self = resourceNode(program, resource);
  const closing = site.call.a[0]?.k === 'text' && /^(onClose|preClose)$/.test(site.call.a[0].t);
  const timed = site.call.a[0]?.k === 'text';
  for (const each of site.args) {
    if (closing) flow.edge(each, flow.field(resource, '@close'));
    flow.onThing(each, (id) => {
      const fn = flow.things[id];
      if (fn?.t === 'function') {
        const event = site.call.a[0];
        const kind = !timed
          ? 'call'
          : closing
            ? undefined
            : event?.k === 'text' && event.t === 'onReady'
              ? 'hook'
              : 'host';
        if (kind) {
          linkFunction(program, site, fn, [self], kind, undefined);
          usePromises(program, returnNode(program, fn), { how: 'handed' });
        } else usePromises(program, returnNode(program, fn), { how: 'awaited' });
      } else if (fn?.t === 'external' && SHUTDOWN_PLUGINS.includes(fn.from))
        closesItself(program, site, resource, fn.from);
      else if (fn?.t === 'method' && closing) target(program, { ...site, args: [], result: flow.node() }, id);
    });
  }
  flow.add(site.result, flow.things[resource] ?? { t: 'text', text: '' });
}
