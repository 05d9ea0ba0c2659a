/** Who listens to the `error` events of servers, clients and their connections. Used by listen-error-handled. */
import { eachValue, eachValueIn, innerValues } from '../../facts/walk.ts';
import type { CallValue, Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import { handlerOnlyTells, textArgument } from './telling-only.ts';

/**
 * `silent`: nobody; `told`: all who listen do no more than log; `partial`: one error code is dealt with, and all others are
 * dropped; `dealt`: somebody does more; `elsewhere`: what becomes of it is not seen.
 */
export type Heard =
  | { by: 'silent' }
  | { by: 'told'; site: Site }
  | { by: 'partial' | 'dealt'; site: Site }
  | { by: 'elsewhere' };

const LISTENS = new Set([
  'on',
  'once',
  'addListener',
  'prependListener',
  'prependOnceListener',
  'addEventListener',
]);

const made = new WeakMap<Graph, Map<number, { on: Site[]; given: Site[] }>>();

/** Calls of methods of each resource, and calls that are given one. */
function usesOf(graph: Graph, resource: Resource): { on: Site[]; given: Site[] } {
  const known = made.get(graph) ?? collectUses(graph);
  made.set(graph, known);
  return known.get(resource.id) ?? { on: [], given: [] };
}

function collectUses(graph: Graph): Map<number, { on: Site[]; given: Site[] }> {
  const { flow } = graph.program;
  const found = new Map(graph.resources.map((each) => [each.id, { on: [] as Site[], given: [] as Site[] }]));
  for (const site of graph.program.sites) {
    if (!graph.live.has(functionKey(site))) continue;
    if (site.base !== undefined) for (const id of flow.thingsAt(site.base)) found.get(id)?.on.push(site);
    for (const each of site.args) for (const id of flow.thingsAt(each)) found.get(id)?.given.push(site);
  }
  return found;
}

export function heardErrors(graph: Graph, resource: Resource): Heard {
  const { on, given } = usesOf(graph, resource);
  const listening = on.filter((site) => site.call.f.k === 'member' && LISTENS.has(site.call.f.p));
  const errors = listening.filter((site) => textArgument(site.call) === 'error');
  const dealing = errors.find((site) => !tellsOnly(graph, site));
  if (dealing) {
    const isPartial = errors.length === 1 && dealsWithOneCode(graph, dealing);
    return { by: isPartial ? 'partial' : 'dealt', site: dealing };
  }
  // `once(server, 'listening')` rejects, `pipeline(socket, ...)` listens itself; a loop over event names may be either.
  const isOpen =
    listening.some((site) => textArgument(site.call) === undefined) ||
    given.some((site) => graph.edgesOf(site).every((each) => each.kind !== 'call')) ||
    graph.program.flow.fieldNames(resource.id).includes('onerror') ||
    resource.handedOver !== undefined;
  if (isOpen) return { by: 'elsewhere' };
  const [told] = errors;
  return told ? { by: 'told', site: told } : { by: 'silent' };
}

const tellsOnly = (graph: Graph, site: Site): boolean => {
  const handler = site.call.a[1];
  return handler !== undefined && handlerOnlyTells(graph, site, handler);
};

/** `if (error.code === 'EADDRINUSE') ...`, and nothing else. */
function dealsWithOneCode(graph: Graph, site: Site): boolean {
  const handler = site.call.a[1];
  const functions = handler
    ? graph.valueThings(handler, site).flatMap((each) => (each.t === 'function' ? [each] : []))
    : [];
  return (
    functions.length > 0 &&
    functions.every((fn) => {
      const { body, params } = graph.function(fn);
      return (
        body.length > 0 &&
        body.every((each) => each.s === 'if' && each.else.length === 0 && asksForCode(each.c, params[0]?.b))
      );
    })
  );
}

const asksForCode = (condition: Value, error: number | undefined): boolean =>
  [...eachValue(condition)].some(
    (each) => each.k === 'member' && each.p === 'code' && each.o.k === 'ref' && each.o.b === error,
  );

export interface Connection {
  /** The call that hands the handler over. */
  site: Site;
  handler: FunctionRef;
  noun: string;
  heard: boolean;
}

/** Handlers of connections: `createServer((socket) => ...)` of node:net, `wss.on('connection', (socket) => ...)` of ws. */
export function connectionsOf(graph: Graph, resource: Resource): Connection[] {
  const thing = graph.program.flow.things[resource.id];
  const from = thing?.t === 'resource' ? thing.from : '';
  if (resource.row.kind !== 'server' || (from !== 'node:net' && from !== 'ws')) return [];
  const events = usesOf(graph, resource).on.filter((site) => textArgument(site.call) === 'connection');
  const sites = from === 'node:net' ? [resource.site, ...events] : events;
  const noun = from === 'ws' ? 'web socket' : 'tcp socket';
  return sites.flatMap((site) =>
    graph
      .edgesOf(site)
      .filter((each) => each.kind === 'drop')
      .flatMap(({ to }): Connection[] => {
        const heard = isHeard(graph, to);
        return heard === undefined ? [] : [{ site, handler: to, noun, heard }];
      }),
  );
}

/** The first parameter has an `error` listener; `undefined` when it is taken apart, kept or handed on. */
function isHeard(graph: Graph, handler: FunctionRef): boolean | undefined {
  const [first] = graph.function(handler).params;
  if (!first || first.pattern || first.rest) return undefined;
  let heard = false;
  let goes = false;
  for (const fn of graph.program.files[handler.file]?.facts.functions ?? [])
    for (const value of eachValueIn(fn.body)) {
      if (value.k === 'call' && rootOf(value) === first.b && isErrorListener(value)) heard = true;
      if (leadsOn(value, first.b)) goes = true;
    }
  if (heard) return true;
  return goes ? undefined : false;
}

const isErrorListener = ({ f, a: [event] }: CallValue): boolean =>
  f.k === 'member' && LISTENS.has(f.p) && (event?.k !== 'text' || event.t === 'error');

/** `socket` of `socket.on('data', f).on('error', g)`. */
function rootOf(call: CallValue): number | undefined {
  let value: Value = call;
  while (value.k === 'call' && value.f.k === 'member') value = value.f.o;
  return value.k === 'ref' ? value.b : undefined;
}

/** The variable is an operand of something else than a member or a condition. */
function leadsOn(value: Value, b: number): boolean {
  if (value.k === 'member' || value.k === 'ref' || value.k === 'operands') return false;
  const parts = value.k === 'assign' ? [value.v] : innerValues(value);
  const isNamed = parts.some((each) => each.k === 'ref' && each.b === b);
  return (
    isNamed || (value.k === 'assign' && value.t.k === 'member' && value.t.o.k === 'ref' && value.t.o.b === b)
  );
}
