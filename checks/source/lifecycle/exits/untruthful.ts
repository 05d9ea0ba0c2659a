/** Exits whose code says something else than what happened. Used by exit-code-truthful. */
import { crashHandlers } from '../crash/crash-handlers.ts';
import { exitCodeStores, exitsFrom, leadsToExit, type ExitSeen } from './exit-codes.ts';
import type { PathStep } from '../../../../harness/verdict.ts';
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../../graph/graph.ts';
import { lifecycleOf, RELEASING, transitive } from '../lifecycle.ts';
import { innerSteps } from '../../graph/steps.ts';

export type CodeFault =
  'failureExitsZero' | 'crashExitsZero' | 'cleanExitsNonZero' | 'forcedExitsZero' | 'exitCodeLost';

export interface CodeFinding {
  at: Site;
  fault: CodeFault;
  /** What failed, or what the exit contradicts. */
  what: string;
  path: PathStep[];
}

const step = (graph: Graph, site: Site, note: string): PathStep => ({
  location: graph.locateCall(site),
  note,
});

const SIGNALS = /^SIG(TERM|INT|HUP|QUIT)$/;

/** The functions that stop the service when a signal asks for it and nothing has failed. */
function cleanRoots(graph: Graph): { site: Site; handler: FunctionRef }[] {
  return graph.signals.flatMap((each) => {
    const site = graph.program.sites[each.site];
    const isClean = each.events.size > 0 && [...each.events].every((event) => SIGNALS.test(event));
    if (!site || !isClean || each.helper !== undefined) return [];
    return graph.edgesOf(site).map((edge) => ({ site, handler: edge.to }));
  });
}

export function codeFindings(graph: Graph): CodeFinding[] {
  const found = new Map<number, CodeFinding>();
  const add = (each: CodeFinding): void => {
    if (!found.has(each.at.id)) found.set(each.at.id, each);
  };
  crashes(graph).forEach(add);
  failures(graph).forEach(add);
  clean(graph).forEach(add);
  lost(graph).forEach(add);
  return [...found.values()];
}

/** A handler of a crash that ends the process with success, however it gets there. */
function crashes(graph: Graph): CodeFinding[] {
  return crashHandlers(graph).flatMap((crash): CodeFinding[] => {
    const exits = crash.handlers.flatMap((each) => exitsFrom(graph, each, { failed: true }));
    const [first] = exits;
    if (!first || exits.some((each) => each.code !== 'success')) return [];
    const path = [
      step(graph, crash.site, `the handler of ${crash.event}`),
      step(graph, first.exit, `${first.exit.call.text}() ends the process with code 0`),
    ];
    return [{ at: crash.site, fault: 'crashExitsZero', what: crash.event, path }];
  });
}

/** Exits in the handler of a failure, those of functions that it calls included. */
function failures(graph: Graph): CodeFinding[] {
  const byCall = new Map<number, ExitSeen[]>();
  for (const each of exitsFrom(graph, rooted(graph)))
    if (each.failed) byCall.set(each.via.id, [...(byCall.get(each.via.id) ?? []), each]);
  return [...byCall.values()].flatMap((all): CodeFinding[] => {
    const [first] = all;
    if (!first || tellsParent(graph, first.via)) return [];
    if (all.some((each) => each.code !== 'success' || each.conditional || each.timed)) return [];
    const path = [
      step(graph, first.via, 'reached when something has failed'),
      ...(first.via === first.exit ? [] : [step(graph, first.exit, 'ends the process with code 0')]),
    ];
    return [{ at: first.via, fault: 'failureExitsZero', what: '', path }];
  });
}

/** The function that ends the process tells the one that forked it what happened: the code is not what that looks at. */
const tellsParent = (graph: Graph, site: Site): boolean =>
  lifecycleOf(graph).sitesIn(site).some(sendsToParent(graph));

const sending = new WeakMap<Graph, (site: Site) => boolean>();

function sendsToParent(graph: Graph): (site: Site) => boolean {
  const isSend = (site: Site): boolean =>
    graph
      .things(site.callee)
      .some((each) => each.t === 'external' && each.from === 'global' && each.path === 'process.send');
  const found = sending.get(graph) ?? transitive(graph, isSend, RELEASING);
  sending.set(graph, found);
  return found;
}

/** Functions on the ways of the start and of the shutdown. */
function rooted(graph: Graph): FunctionRef[] {
  return graph.program.files.flatMap((file, index) =>
    file.facts.functions
      .map((fn) => ({ file: index, fn: fn.id }))
      .filter((ref) => graph.start.has(functionKey(ref)) || graph.shutdown.has(functionKey(ref)))
      .filter((ref) => leadsToExit(graph, ref)),
  );
}

/** A stop that was asked for by a signal and went well, and a timer that cuts it off. */
function clean(graph: Graph): CodeFinding[] {
  return cleanRoots(graph).flatMap(({ site, handler }): CodeFinding[] => {
    const exits = exitsFrom(graph, handler);
    const root = step(graph, site, 'the shutdown begins here');
    const orderly = exits.filter((each) => !each.failed && !each.timed);
    return exits.flatMap((each): CodeFinding[] => {
      if (each.failed || each.conditional) return [];
      const path = [root, step(graph, each.said, 'the code is given here')];
      const told = each.exit.call.text;
      if (each.timed && each.code === 'success' && orderly.some((other) => other.exit !== each.exit))
        return [{ at: each.said, fault: 'forcedExitsZero', what: told, path }];
      if (!each.timed && each.code === 'failure')
        return [{ at: each.said, fault: 'cleanExitsNonZero', what: told, path }];
      return [];
    });
  });
}

/** `process.exitCode` was set to say that something failed, and an exit with 0 comes behind it. */
function lost(graph: Graph): CodeFinding[] {
  return rooted(graph).flatMap((ref): CodeFinding[] => {
    const failing = exitCodeStores(graph, ref).filter(
      ({ value }) => !(value.k === 'constant' && value.text === '0'),
    );
    const [first] = failing;
    if (!first) return [];
    const exits = exitsFrom(graph, ref).filter((each) => functionKey(each.exit) === functionKey(ref));
    return exits.flatMap((each): CodeFinding[] => {
      const isWritten = each.exit.call.a.length > 0 && each.code === 'success';
      const isBehind = failing.some((store) => comesBehind(graph.steps(ref), store, each.exit));
      if (!isWritten || !isBehind) return [];
      const set = { location: graph.locate(ref.file, first.at), note: 'process.exitCode is set here' };
      return [{ at: each.exit, fault: 'exitCodeLost', what: '', path: [set] }];
    });
  });
}

/** The exit may be reached after the store: it stands behind it, and not in another branch. */
function comesBehind(list: readonly Step[], store: Step, exit: Site): boolean {
  const holds = (each: Step, isIt: (inner: Step) => boolean): boolean =>
    isIt(each) || innerSteps(each).some((inner) => inner.some((one) => holds(one, isIt)));
  const isStore = (each: Step): boolean => each === store;
  const isExit = (each: Step): boolean => each.s === 'call' && each.call === exit.call;
  const at = list.findIndex((each) => holds(each, isStore));
  const found = list[at];
  if (!found) return false;
  if (list.slice(at + 1).some((each) => holds(each, isExit))) return !leavesAfter(innerSteps(found), store);
  if (found.s === 'finally' && found.body.some((each) => holds(each, isStore)))
    if (found.after.some((each) => holds(each, isExit))) return true;
  return innerSteps(found).some((inner) => comesBehind(inner, store, exit));
}

/** The steps around the store are left right behind it. */
function leavesAfter(lists: readonly (readonly Step[])[], store: Step): boolean {
  return lists.some((list) => {
    const at = list.indexOf(store);
    if (at >= 0) return list.slice(at).some((each) => each.s === 'return' || each.s === 'throw');
    return list.some((each) => leavesAfter(innerSteps(each), store));
  });
}
