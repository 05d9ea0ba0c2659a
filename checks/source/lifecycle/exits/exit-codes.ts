/**
 * With which code the process is ended on the ways that lead to an exit: behind a failure, on a clean way, in a timer.
 * Follows the calls of the project, with the constants that are handed to parameters. Used by exit-code-truthful.
 */
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../../graph/graph.ts';
import type { EdgeKind } from '../../graph/flow/program.ts';
import { lifecycleOf, RELEASING, transitive } from '../lifecycle.ts';
import { createFailing, type Failing } from '../releases/failing.ts';
import { isChain } from '../releases/waiting.ts';

export type Code = 'success' | 'failure' | 'unknown';

/** How a way leads to an exit. */
export interface Way {
  /** It begins with a failure: the handler of a guard. */
  failed: boolean;
  /** A condition decides whether it is taken. */
  conditional: boolean;
  /** A timer ends the process, whatever is under way. */
  timed: boolean;
}

export interface ExitSeen extends Way {
  exit: Site;
  code: Code;
  /** The call that hands the constant over, or the exit itself. */
  said: Site;
  /** The call in the handler of a failure that leads to the exit, or the exit itself. */
  via: Site;
}

/** What a parameter is, and the call that says so. */
type Known = ReadonlyMap<number, { code: Code; said: Site }>;

interface Walk {
  graph: Graph;
  seen: Set<string>;
  found: ExitSeen[];
  via: Site | undefined;
  failing: Failing;
}

const FOLLOWED = new Set(['call', 'map', 'each', 'then', 'executor', 'after', 'listen', 'hook']);
/** Enough for a program of some hundred thousand lines; what is not reached by then is not judged. */
const BUDGET = 50_000;

/** The exits that calling a function, or each of several, leads to. */
export function exitsFrom(
  graph: Graph,
  roots: FunctionRef | readonly FunctionRef[],
  way: Partial<Way> = {},
): ExitSeen[] {
  const walk: Walk = { graph, seen: new Set(), found: [], via: undefined, failing: failingOf(graph) };
  const begin = { failed: false, conditional: false, timed: false, ...way };
  for (const each of 'fn' in roots ? [roots] : roots) follow(walk, each, new Map(), begin);
  return walk.found;
}

function follow(walk: Walk, ref: FunctionRef, known: Known, way: Way): void {
  if (!leadsToExit(walk.graph, ref) || walk.seen.size > BUDGET) return;
  const key = keyOf(walk, ref, known, way);
  if (walk.seen.has(key)) return;
  walk.seen.add(key);
  steps(walk, ref, walk.graph.steps(ref), known, way);
}

/** What is found behind a failure belongs to the call that leads there; elsewhere it is the same from wherever it is reached. */
function keyOf(walk: Walk, ref: FunctionRef, known: Known, way: Way): string {
  const flags = (way.failed ? 1 : 0) + (way.conditional ? 2 : 0) + (way.timed ? 4 : 0);
  let key = `${functionKey(ref)} ${flags}`;
  if (way.failed && walk.via) key += ` ${walk.via.id}`;
  for (const [b, { code }] of known) if (code !== 'unknown') key += ` ${b}${code}`;
  return key;
}

function steps(walk: Walk, ref: FunctionRef, list: readonly Step[], known: Known, given: Way): void {
  let way = given;
  for (const step of list) {
    if (step.s === 'call') call(walk, step, known, way);
    else if (step.s === 'group') steps(walk, ref, step.items, known, way);
    else if (step.s === 'guard') guard(walk, ref, step, known, way);
    else if (step.s === 'finally') {
      steps(walk, ref, step.body, known, way);
      steps(walk, ref, step.after, known, way);
      // It runs after a failure, too.
      if (walk.failing.steps(step.body, ref)) steps(walk, ref, step.after, known, { ...way, failed: true });
    } else if (step.s === 'loop') steps(walk, ref, step.body, known, { ...way, conditional: true });
    else if (step.s === 'branch') {
      for (const each of step.branches) steps(walk, ref, each, known, { ...way, conditional: true });
      // What stands behind a branch that may leave is reached on a condition.
      if (step.branches.some(leaves)) way = { ...way, conditional: true };
    }
  }
}

const leaves = (list: readonly Step[]): boolean =>
  list.some((each) => each.s === 'return' || each.s === 'throw' || each.s === 'jump');

function guard(walk: Walk, ref: FunctionRef, step: Step & { s: 'guard' }, known: Known, way: Way): void {
  steps(walk, ref, step.body, known, way);
  const failed = { ...way, failed: true };
  steps(walk, ref, step.handler, known, failed);
  for (const handler of step.handlers)
    for (const thing of walk.graph.valueThings(handler, ref))
      if (thing.t === 'function') follow(walk, thing, new Map(), failed);
}

function call(walk: Walk, step: Step & { s: 'call' }, known: Known, way: Way): void {
  const { graph } = walk;
  const site = graph.site(step.call);
  if (!site) return;
  if (endsProcess(graph, site)) {
    const { code, said } = codeOf(graph, site, known);
    walk.found.push({ ...way, exit: site, code, said, via: walk.via ?? site });
    return;
  }
  if (!isLeading(graph)(site) || (!lifecycleOf(graph).exits(site) && !isTimer(graph, site))) return;
  const timed = isTimer(graph, site);
  // The handler of a failed promise was followed with its guard.
  const late = isChain(site) ? new Set(succeeding(graph, site)) : undefined;
  const { via } = walk;
  if (way.failed && !via) walk.via = site;
  for (const edge of graph.edgesOf(site)) {
    if (late && !late.has(functionKey(edge.to))) continue;
    if (timed) follow(walk, edge.to, new Map(), { ...way, timed: true });
    else if (FOLLOWED.has(edge.kind)) {
      follow(walk, edge.to, edge.kind === 'call' ? handed(graph, site, edge.to, known) : new Map(), way);
      if (runsAfterFailure(walk, site)) follow(walk, edge.to, new Map(), { ...way, failed: true });
    }
  }
  walk.via = via;
}

/** `stop().finally(...)` of a stop that can fail. */
function runsAfterFailure(walk: Walk, site: Site): boolean {
  const { f } = site.call;
  if (f.k !== 'member' || f.p !== 'finally' || f.o.k !== 'call') return false;
  const base = walk.graph.site(f.o);
  return base !== undefined && walk.failing.call(base, true);
}

const isGlobal = (graph: Graph, site: Site, path: RegExp): boolean =>
  graph
    .things(site.callee)
    .some((each) => each.t === 'external' && each.from === 'global' && path.test(each.path));

const endsProcess = (graph: Graph, site: Site): boolean =>
  lifecycleOf(graph).exits(site) && isGlobal(graph, site, /^process\.(exit|reallyExit)$/);

const isTimer = (graph: Graph, site: Site): boolean => isGlobal(graph, site, /^setTimeout$/);

const leading = new WeakMap<Graph, (site: Site) => boolean>();

/** The call leads to an exit, at once or when a timer runs out: the others need not be followed. */
function isLeading(graph: Graph): (site: Site) => boolean {
  const found =
    leading.get(graph) ??
    transitive(graph, (site) => endsProcess(graph, site), new Set<EdgeKind>([...RELEASING, 'drop']));
  leading.set(graph, found);
  return found;
}

export const leadsToExit = (graph: Graph, ref: FunctionRef): boolean =>
  lifecycleOf(graph).sitesIn(ref).some(isLeading(graph));

/** The callbacks of a chain that run when nothing failed. */
function succeeding(graph: Graph, site: Site): string[] {
  const { f, a } = site.call;
  const [first] = a;
  if (f.k !== 'member' || f.p === 'catch' || !first) return [];
  return graph.valueThings(first, site).flatMap((each) => (each.t === 'function' ? [functionKey(each)] : []));
}

function codeOf(graph: Graph, exit: Site, known: Known): { code: Code; said: Site } {
  const [value] = exit.call.a;
  // Without a code it is what process.exitCode says.
  if (value === undefined) return { code: setsExitCode(graph) ? 'unknown' : 'success', said: exit };
  return codeOfValue(value, exit, known);
}

function codeOfValue(value: Value, site: Site, known: Known): { code: Code; said: Site } {
  if (value.k === 'constant' && value.t === 'number')
    return {
      code: value.text === '0' ? 'success' : isOfSignal(value.text) ? 'unknown' : 'failure',
      said: site,
    };
  return (value.k === 'ref' && known.get(value.b)) || { code: 'unknown', said: site };
}

/** 128 and the number of a signal: what a shell says of a program that a signal ended. */
const isOfSignal = (text: string): boolean => Number(text) > 128;

function handed(graph: Graph, site: Site, to: FunctionRef, known: Known): Known {
  const { params } = graph.function(to);
  const out = new Map<number, { code: Code; said: Site }>();
  params.forEach((parameter, position) => {
    const value = site.call.a[position] ?? parameter.initial;
    if (value) out.set(parameter.b, codeOfValue(value, site, known));
  });
  return out;
}

const failings = new WeakMap<Graph, Failing>();

function failingOf(graph: Graph): Failing {
  const found = failings.get(graph) ?? createFailing(graph);
  failings.set(graph, found);
  return found;
}

const setting = new WeakMap<Graph, boolean>();

/** Somewhere in the program `process.exitCode` is set. */
export function setsExitCode(graph: Graph): boolean {
  const found =
    setting.get(graph) ??
    graph.program.files.some((file, index) =>
      file.facts.functions.some((fn) => exitCodeStores(graph, { file: index, fn: fn.id }).length > 0),
    );
  setting.set(graph, found);
  return found;
}

/** The stores to `process.exitCode` of a function. */
export function exitCodeStores(graph: Graph, ref: FunctionRef): (Step & { s: 'store' })[] {
  const found: (Step & { s: 'store' })[] = [];
  const look = (list: readonly Step[]): void => {
    for (const step of list) {
      if (step.s === 'store' && isExitCode(graph, step.target, ref)) found.push(step);
      else if (step.s === 'guard') [step.body, step.handler].forEach(look);
      else if (step.s === 'finally') [step.body, step.after].forEach(look);
      else if (step.s === 'loop') look(step.body);
      else if (step.s === 'branch') step.branches.forEach(look);
    }
  };
  look(graph.steps(ref));
  return found;
}

const isExitCode = (graph: Graph, target: Value, ref: FunctionRef): boolean =>
  target.k === 'member' &&
  target.p === 'exitCode' &&
  graph
    .valueThings(target.o, ref)
    .some((each) => each.t === 'external' && each.from === 'global' && each.path === 'process');
