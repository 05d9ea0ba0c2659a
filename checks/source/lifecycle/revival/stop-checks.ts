/** Conditions that ask whether the shutdown has begun: they read what it writes, or a signal that it aborts. Used by no-revival. */
import type { Value } from '../../facts/model.ts';
import { eachValue } from '../../facts/walk.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { placesOf } from '../traces/places.ts';

export interface StopChecks {
  /** The condition depends on something that the shutdown changes. */
  asks(condition: Value, ref: FunctionRef): boolean;
  /** The call is ended by a signal that the shutdown aborts: it is handed over, or asked. */
  hears(site: Site): boolean;
}

const made = new WeakMap<Graph, StopChecks>();

export function stopChecksOf(graph: Graph): StopChecks {
  const known = made.get(graph) ?? createStopChecks(graph);
  made.set(graph, known);
  return known;
}

/** What changes a collection. */
const CHANGES = /^(set|add|delete|clear|push|pop|shift|splice)$/;

function createStopChecks(graph: Graph): StopChecks {
  const inShutdown = (ref: FunctionRef): boolean => graph.shutdown.has(functionKey(ref));
  const places = placesOf(graph);
  const aborted = abortedSignals(graph);
  const changed = new Set<string>();
  for (const site of graph.program.sites) {
    const { f } = site.call;
    const place = inShutdown(site) && f.k === 'member' && CHANGES.test(f.p) && places.of(f.o, site);
    if (place) changed.add(place);
  }
  const isChanged = (place: string): boolean => {
    const parts = place.split('.');
    const wholes = parts.map((_part, index) => parts.slice(0, index + 1).join('.'));
    return wholes.some(
      (each) => changed.has(each) || places.stores(each).some((store) => inShutdown(store.ref)),
    );
  };
  const isAborted = (value: Value, ref: FunctionRef): boolean =>
    graph.valueThings(value, ref).some((each) => each.t === 'signal' && aborted.has(each.site));
  return {
    asks: (condition, ref) =>
      [...places.readBy(condition, ref)].some(isChanged) ||
      [...eachValue(condition)].some((each) => each.k === 'member' && isAborted(each.o, ref)) ||
      [...eachValue(condition)].some((each) => each.k === 'call' && asksInside(graph, each, isAborted)),
    hears: (site) =>
      [...eachValue(site.call)].some((each) => isAborted(each, site)) ||
      (site.call.f.k === 'member' && isAborted(site.call.f.o, site)),
  };
}

/** A predicate of the project that looks at a signal: `isStopping()`. */
function asksInside(
  graph: Graph,
  call: Value & { k: 'call' },
  isAborted: (value: Value, ref: FunctionRef) => boolean,
): boolean {
  const site = graph.site(call);
  return (site ? graph.edgesOf(site) : []).some(({ to }) =>
    graph
      .function(to)
      .body.some(
        (each) =>
          each.s === 'return' &&
          [...eachValue(each.v)].some((value) => value.k === 'member' && isAborted(value.o, to)),
      ),
  );
}

/** The controllers whose signal the shutdown aborts, by where they are made. */
function abortedSignals(graph: Graph): Set<number> {
  const found = new Set<number>();
  const { things } = graph.program.flow;
  for (const key of graph.shutdown.keys()) {
    const [file = 0, fn = 0] = key.split('.').map(Number);
    for (const site of lifecycleOf(graph).sitesIn({ file, fn }))
      for (const each of graph.things(site.callee)) {
        const of = each.t === 'method' && each.name === 'abort' ? things[each.of] : undefined;
        if (of?.t === 'abort') found.add(of.site);
      }
  }
  return found;
}
