/** Listeners that open again what has ended: a socket that reconnects, a child that is forked again. Used by no-revival. */
import type { Value } from '../../facts/model.ts';
import { eachValue } from '../../facts/walk.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import { reachedFrom } from '../crash/crash-handlers.ts';
import { waysTo } from './ways.ts';

export interface Reopening {
  /** Where the listener is added. */
  site: Site;
  event: string;
  noun: string;
  /** The call that opens again. */
  again: Site;
  checked: boolean;
}

const ADDS = /^(on|once|addListener|prependListener|addEventListener)$/;
const REMOVES = /^(off|removeListener|removeAllListeners|removeEventListener)$/;
const ENDS = /^(exit|close|disconnect|end)$/;

export function reopenings(graph: Graph): Reopening[] {
  if (graph.shutdown.size === 0) return [];
  return graph.program.sites.flatMap((site): Reopening[] => {
    const { f, a } = site.call;
    const [event] = a;
    if (f.k !== 'member' || !ADDS.test(f.p) || event?.k !== 'text' || !ENDS.test(event.t)) return [];
    if (!graph.live.has(functionKey(site))) return [];
    const nouns = nounsOf(graph, site);
    const handlers = graph.edgesOf(site).map((each) => each.to);
    const opened = nouns.size === 0 ? [] : openedIn(graph, reachedFrom(graph, handlers), nouns);
    const [again] = opened;
    if (!again) return [];
    const sites = opened.map((each) => each.at);
    const ways = handlers.flatMap((handler) =>
      waysTo(graph, handler, sites, {
        once: true,
        alsoCheck: (condition, ref) =>
          asksHow(
            graph,
            condition,
            ref,
            handler,
            nouns.has('cluster worker') ? 2 : event.t === 'exit' ? 1 : 0,
          ),
      }),
    );
    const late = ways.find(({ passed }) => !passed.checked);
    const isRemoved = removed(graph, site);
    const { noun } = again.resource.row;
    return [{ site, event: event.t, noun, again: late?.site ?? again.at, checked: isRemoved || !late }];
  });
}

/** What the listener is on: resources that the shutdown releases, or the workers of the cluster. */
function nounsOf(graph: Graph, site: Site): Set<string> {
  const found = new Set<string>();
  for (const each of graph.things(site.callee)) {
    if (each.t === 'external' && each.from === 'node:cluster') found.add('cluster worker');
    const resource = each.t === 'method' && graph.resources.find((one) => one.id === each.of);
    const isReleased = resource && resource.releases.some((one) => graph.shutdown.has(functionKey(one)));
    if (resource && isReleased) found.add(resource.row.noun);
  }
  return found;
}

function openedIn(
  graph: Graph,
  reached: readonly FunctionRef[],
  nouns: ReadonlySet<string>,
): { resource: Resource; at: Site }[] {
  const keys = new Set(reached.map(functionKey));
  return graph.resources
    .filter((each) => nouns.has(each.row.noun))
    .flatMap((resource) =>
      [resource.site, ...resource.starts]
        .filter((site) => keys.has(functionKey(site)))
        .map((at) => ({ resource, at })),
    );
}

/**
 * The condition looks at how it ended: the code of the close, the signal, `exitedAfterDisconnect`. A child that was killed
 * has no code: asking for another one than 0 does not tell, so the parameters count from `from` on.
 */
function asksHow(
  graph: Graph,
  condition: Value,
  ref: FunctionRef,
  handler: FunctionRef,
  from: number,
): boolean {
  const all = [...eachValue(condition)];
  if (all.some((each) => each.k === 'member' && each.p === 'exitedAfterDisconnect')) return true;
  if (functionKey(ref) !== functionKey(handler)) return false;
  const { params } = graph.function(handler);
  return params.slice(from).some(({ b }) => all.some((each) => each.k === 'ref' && each.b === b));
}

/** The shutdown takes listeners off the same thing. */
function removed(graph: Graph, added: Site): boolean {
  const own = new Set(targets(graph, added));
  return graph.program.sites.some(
    (site) =>
      site.call.f.k === 'member' &&
      REMOVES.test(site.call.f.p) &&
      graph.shutdown.has(functionKey(site)) &&
      targets(graph, site).some((each) => own.has(each)),
  );
}

/** On what a method is called. */
const targets = (graph: Graph, site: Site): string[] =>
  graph.things(site.callee).flatMap((each): string[] => {
    if (each.t === 'method') return [`thing ${each.of}`];
    return each.t === 'external' && each.from === 'node:cluster' ? [each.from] : [];
  });
