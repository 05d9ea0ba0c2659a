/** Where a shutdown begins: the handlers of signals and those that helper libraries run. Asked by the rules of the shutdown. */
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Registration,
  type Site,
} from '../../graph/graph.ts';
import { isCall, orderOf, type Moment } from './moment.ts';
import { sequenceOf } from './sequence.ts';

export interface ShutdownRoot {
  registration: Registration;
  site: Site;
  ref: FunctionRef;
  /** The signals that lead to it. */
  events: Set<string>;
  /** What happens from the signal on. */
  moments: readonly Moment[];
}

const SIGNALS = new Set(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'shutdown']);

const made = new WeakMap<Graph, ShutdownRoot[]>();

/** Handlers that several signals share are one root. */
export function shutdownRoots(graph: Graph): readonly ShutdownRoot[] {
  const known = made.get(graph) ?? collect(graph);
  made.set(graph, known);
  return known;
}

function collect(graph: Graph): ShutdownRoot[] {
  const found = new Map<string, ShutdownRoot>();
  for (const registration of graph.signals) {
    const site = graph.program.sites[registration.site];
    const isStop =
      registration.helper !== undefined || [...registration.events].some((each) => SIGNALS.has(each));
    if (!site || !isStop) continue;
    for (const ref of handlersOf(graph, registration, site)) {
      const key = functionKey(ref);
      const known = found.get(key) ?? {
        registration,
        site,
        ref,
        events: new Set(),
        moments: sequenceOf(graph, ref),
      };
      found.set(key, known);
      for (const each of registration.events) known.events.add(each);
    }
    // `await once(process, 'SIGTERM')`: what follows in the same function is the shutdown.
    const waits = registration.handlers.size === 0 && registration.helper === undefined;
    if (waits && !found.has(functionKey(site)))
      found.set(functionKey(site), {
        registration,
        site,
        ref: site,
        events: registration.events,
        moments: behind(graph, site),
      });
  }
  return [...found.values()];
}

/** The roots that run at the same signal, the root itself included. */
export function rootsTogether(graph: Graph, root: ShutdownRoot): readonly ShutdownRoot[] {
  return shutdownRoots(graph).filter(
    (each) => each === root || [...each.events].some((event) => root.events.has(event)),
  );
}

function handlersOf(graph: Graph, registration: Registration, site: Site): FunctionRef[] {
  const direct = [...registration.handlers].flatMap((id): FunctionRef[] => {
    const thing = graph.program.flow.things[id];
    return thing?.t === 'function' ? [{ file: thing.file, fn: thing.fn }] : [];
  });
  return [...direct, ...graph.edgesOf(site).map((each) => each.to)];
}

function behind(graph: Graph, site: Site): Moment[] {
  const all = sequenceOf(graph, site);
  const start = all.find((each) => isCall(each) && each.site.id === site.id);
  if (!start) return [];
  return all.filter((each) => each !== start && orderOf(all, start, each) === 'before');
}
