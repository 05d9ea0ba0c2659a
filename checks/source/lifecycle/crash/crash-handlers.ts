/** The handlers of uncaughtException and unhandledRejection: whether they end the process and say why. Used by crash-exits and exit-code-truthful. */
import { mentions, statementValues } from '../../facts/walk.ts';
import { factsOf } from '../../graph/flow/program.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Registration,
  type Site,
} from '../../graph/graph.ts';
import { hasThrow } from '../../graph/steps.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { isStopping } from '../subsystems.ts';

const CRASHES = ['uncaughtException', 'unhandledRejection'];

export interface CrashHandler {
  site: Site;
  /** `uncaughtException`, or both. */
  event: string;
  events: readonly string[];
  handlers: FunctionRef[];
  /** Something in it ends the process or leads to that. */
  ends: boolean;
  /** It looks at the error that it is given. */
  tells: boolean;
  /** A call that may end the process, of which nothing is known. */
  unseen: Site | undefined;
}

export function crashHandlers(graph: Graph): CrashHandler[] {
  return graph.signals.flatMap((registration): CrashHandler[] => {
    const site = graph.program.sites[registration.site];
    const events = CRASHES.filter((each) => registration.events.has(each));
    if (!site || registration.helper !== undefined || events.length === 0) return [];
    const handlers = graph.edgesOf(site).map((each) => each.to);
    const reached = reachedFrom(graph, handlers);
    return [
      {
        site,
        events,
        event: events.join(' and '),
        handlers,
        ends: reached.some((each) => endsIn(graph, each)),
        tells: handlers.some((each) => usesParameter(graph, each)),
        unseen: handlers.length === 0 ? unseenHandler(graph, registration, site) : unseenEnd(graph, reached),
      },
    ];
  });
}

/** Functions that run once one of these has been called, whenever that is. */
export function reachedFrom(graph: Graph, roots: readonly FunctionRef[]): FunctionRef[] {
  const found = new Map(roots.map((each) => [functionKey(each), each]));
  for (const ref of found.values())
    for (const { to } of graph.edgesFrom(ref))
      if (!found.has(functionKey(to))) found.set(functionKey(to), to);
  return [...found.values()];
}

function endsIn(graph: Graph, ref: FunctionRef): boolean {
  const { exits, releases, sitesIn } = lifecycleOf(graph);
  // What is thrown in such a handler is the end of the process.
  if (hasThrow(graph.steps(ref))) return true;
  return sitesIn(ref).some((site) => exits(site) || releases(site) || tellsOthers(graph, site));
}

/** The end is left to somebody who waits for it: an aborted signal, a promise that is resolved, a signal that is emitted. */
function tellsOthers(graph: Graph, site: Site): boolean {
  return graph.things(site.callee).some((each) => {
    if (each.t === 'resolver') return true;
    if (each.t === 'external') return each.from === 'global' && each.path === 'process.emit';
    return each.t === 'method' && each.name === 'abort' && graph.program.flow.things[each.of]?.t === 'abort';
  });
}

function usesParameter(graph: Graph, ref: FunctionRef): boolean {
  const { functions } = factsOf(graph.program, ref.file);
  const own = new Set(graph.function(ref).params.map((each) => each.b));
  if (own.size === 0) return false;
  return functions.some(
    (fn) =>
      isWithin(graph, { file: ref.file, fn: fn.id }, ref) &&
      [...statementValues(fn.body)].some((each) => mentions(each, own)),
  );
}

function isWithin(graph: Graph, inner: FunctionRef, outer: FunctionRef): boolean {
  for (let fn: number | undefined = inner.fn; fn !== undefined;) {
    if (fn === outer.fn) return true;
    fn = graph.function({ file: inner.file, fn }).parent;
  }
  return false;
}

/** A handler that is no function of the project: one of the console only prints. */
function unseenHandler(graph: Graph, registration: Registration, site: Site): Site | undefined {
  const things = [...registration.handlers].flatMap((id) => graph.program.flow.things[id] ?? []);
  const prints = things.some(
    (each) => each.t === 'external' && each.from === 'global' && each.path.startsWith('console.'),
  );
  return prints ? undefined : site;
}

/** A call of something unknown, named as what ends things: nothing but its name is to be had. */
function unseenEnd(graph: Graph, reached: readonly FunctionRef[]): Site | undefined {
  return reached
    .flatMap((each) => lifecycleOf(graph).sitesIn(each))
    .find((site) => {
      const { f } = site.call;
      if (graph.edgesOf(site).length > 0) return false;
      const isKnown = graph
        .things(site.callee)
        .some((each) => each.t !== 'external' || each.from !== 'global');
      const name = f.k === 'member' ? f.p : '';
      return f.k === 'ref' ? !isKnown && graph.things(site.callee).length === 0 : isStopping(name);
    });
}
