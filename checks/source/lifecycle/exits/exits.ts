/** Calls that end the process, and what is cut off when they do it on the shutdown path. Used by exit-after-release. */
import { skippedInLoop } from './exit-in-loop.ts';
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { eachStep, innerSteps } from '../../graph/steps.ts';
import { firstSurely, releaseInCallers } from '../steps-after.ts';
import { isChain, isChainedTo, givesPromise } from '../releases/waiting.ts';

/** `process.exit()` and its like; a kill only when it is of this process. */
export function isExit(graph: Graph, site: Site): boolean {
  return graph.things(site.callee).some((each) => {
    if (each.t !== 'external' || each.from !== 'global') return false;
    if (/^process\.(exit|reallyExit|abort)$/.test(each.path)) return true;
    const [pid] = site.call.a;
    // Elsewhere it is a way to begin the shutdown.
    const inShutdown = graph.shutdown.has(functionKey(site));
    return inShutdown && each.path === 'process.kill' && pid?.k === 'member' && pid.p === 'pid';
  });
}

export type CutOff =
  | { how: 'pending'; exit: Site; release: Site }
  | { how: 'skipped'; exit: Site; release: Site }
  | { how: 'none'; exit: Site };

interface Walk {
  graph: Graph;
  ref: FunctionRef;
  /** Releases under way that nothing has waited for. */
  pending: Site[];
  found: CutOff[];
}

/** Where the walk stands: what follows if nothing ends, and how many releases were under way when a condition was met. */
interface Position {
  rest: readonly Step[];
  conditional: boolean;
  base: number;
}

/** The exits of a function on the shutdown path, each with what it cuts off. */
export function exitsIn(graph: Graph, ref: FunctionRef): CutOff[] {
  const walk: Walk = { graph, ref, pending: [], found: [] };
  walkSteps(walk, graph.steps(ref), { rest: [], conditional: false, base: 0 });
  return walk.found;
}

function walkSteps(walk: Walk, steps: readonly Step[], position: Position): void {
  steps.forEach((step, index) => {
    const here = { ...position, rest: [...steps.slice(index + 1), ...position.rest] };
    switch (step.s) {
      case 'call':
        walkCall(walk, step, here);
        return;
      case 'wait':
        walk.pending = [];
        return;
      case 'group':
        walkSteps(walk, step.items, here);
        if (step.taken === 'awaited') walk.pending = [];
        return;
      case 'guard':
        walkGuard(walk, step, here);
        return;
      case 'finally':
        walkSteps(walk, step.body, { ...here, rest: [...step.after, ...here.rest] });
        walkSteps(walk, step.after, here);
        return;
      case 'branch':
        walkBranch(walk, step, here);
        return;
      default:
        for (const inner of innerSteps(step)) walkSteps(walk, inner, here);
    }
  });
}

function walkGuard(walk: Walk, step: Step & { s: 'guard' }, here: Position): void {
  const { pending } = walk;
  walkSteps(walk, step.body, here);
  const after = walk.pending;
  // What failed is over; what comes behind the guard is skipped by an exit in its handler.
  walk.pending = [...pending];
  walkSteps(walk, step.handler, { ...here, base: walk.pending.length });
  if (step.kind === 'chain') walkHandlers(walk, step, here);
  walk.pending = after;
}

/** `await stop().catch((error) => process.exit(1))`: what comes behind waits for the handler. */
function walkHandlers(walk: Walk, step: Step & { s: 'guard' }, here: Position): void {
  const last = step.body.at(-1);
  if (!(last?.s === 'call' || last?.s === 'group') || last.taken !== 'awaited') return;
  const { graph, ref } = walk;
  for (const handler of step.handlers)
    for (const thing of graph.valueThings(handler, ref)) {
      if (thing.t !== 'function') continue;
      walk.ref = { file: thing.file, fn: thing.fn };
      walkSteps(walk, graph.steps(walk.ref), { ...here, base: walk.pending.length });
      walk.ref = ref;
    }
}

function walkBranch(walk: Walk, step: Step & { s: 'branch' }, here: Position): void {
  const { pending } = walk;
  const allEnd = step.branches.length > 1 && step.branches.every((each) => ends(walk.graph, each));
  const left = new Set<Site>();
  for (const branch of step.branches) {
    walk.pending = [...pending];
    const inside = allEnd ? here : { ...here, conditional: true, base: pending.length };
    walkSteps(walk, branch, inside);
    for (const each of walk.pending) left.add(each);
  }
  walk.pending = [...left];
}

function walkCall(walk: Walk, step: Step & { s: 'call' }, here: Position): void {
  const { graph } = walk;
  const site = graph.site(step.call);
  if (!site) return;
  if (isExit(graph, site) || endsAtOnce(graph, site)) judgeExit(walk, site, here);
  else if (isLeftAlone(walk, site, step)) walk.pending.push(chainedRelease(graph, walk.ref, site) ?? site);
  else if (step.taken === 'awaited' && !lifecycleOf(graph).releases(site)) walk.pending = [];
}

function judgeExit(walk: Walk, exit: Site, here: Position): void {
  const cut = here.conditional ? walk.pending[here.base] : walk.pending[0];
  if (cut) {
    walk.found.push({ how: 'pending', exit, release: cut });
    return;
  }
  const behind = here.conditional
    ? undefined
    : (firstSurely(walk.graph, here.rest) ?? releaseInCallers(walk.graph, walk.ref, new Set()));
  const next = behind ?? skippedInLoop(walk.graph, walk.ref, exit);
  if (next) walk.found.push({ how: 'skipped', exit, release: next });
  else if (isExit(walk.graph, exit)) walk.found.push({ how: 'none', exit });
}

/** A release that takes its time was begun, and its promise or its callback is not waited for. */
function isLeftAlone(walk: Walk, site: Site, step: Step & { s: 'call' }): boolean {
  const { graph, ref } = walk;
  // What is returned where no promise is given is not waited for by anybody.
  const returned = step.taken === 'returned' && !givesPromise(graph, ref);
  if (step.taken !== 'dropped' && step.taken !== 'void' && !returned) return false;
  if (isChain(site)) return chainedRelease(graph, ref, site) !== undefined && !exitsInside(graph, site);
  if (!lifecycleOf(graph).releases(site) || exitsInside(graph, site)) return false;
  return lifecycleOf(graph).givesPromise(site) || takesTime(graph, site) || leavesPending(graph, site);
}

/** The exit is in the callback of the release itself: `server.close(() => process.exit())`. */
function exitsInside(graph: Graph, site: Site): boolean {
  return graph
    .edgesOf(site)
    .filter((each) => each.kind === 'after' || each.kind === 'then')
    .some((each) =>
      lifecycleOf(graph)
        .sitesIn(each.to)
        .some((inner) => lifecycleOf(graph).exits(inner)),
    );
}

/** A release of the catalogue that is done only when its promise or its callback says so. */
function takesTime(graph: Graph, site: Site): boolean {
  return graph.program.releases.some((each) => {
    if (each.site !== site.id || each.sync) return false;
    const thing = graph.program.flow.things[each.resource];
    return thing?.t === 'resource' && thing.row.releaseReturns !== 'sync';
  });
}

/** The release in front of `.then` and `.catch`. */
function chainedRelease(graph: Graph, ref: FunctionRef, site: Site): Site | undefined {
  if (!isChain(site) || site.call.isNew) return undefined;
  return lifecycleOf(graph)
    .sitesIn(ref)
    .find((each) => isChainedTo(site.call, each.call) && !isChain(each) && lifecycleOf(graph).releases(each));
}

const leaving = new WeakMap<Graph, Map<string, boolean>>();

/** A function that gives no promise begins releases and returns before they are done. */
function leavesPending(graph: Graph, site: Site): boolean {
  const known = leaving.get(graph) ?? new Map<string, boolean>();
  leaving.set(graph, known);
  return graph.edgesOf(site).some((edge) => {
    if (edge.kind !== 'call' || givesPromise(graph, edge.to)) return false;
    const key = functionKey(edge.to);
    if (!known.has(key)) {
      known.set(key, false);
      const walk: Walk = { graph, ref: edge.to, pending: [], found: [] };
      walkSteps(walk, graph.steps(edge.to), { rest: [], conditional: false, base: 0 });
      known.set(key, walk.pending.length > 0);
    }
    return known.get(key) === true;
  });
}

/** A call of a function that does nothing but end the process. */
function endsAtOnce(graph: Graph, site: Site): boolean {
  const targets = graph.edgesOf(site).filter((each) => each.kind === 'call');
  return (
    targets.length > 0 &&
    targets.every((each) => {
      const steps = graph.steps(each.to);
      const waits = [...eachStep(steps)].some(
        (step) => step.s === 'wait' || ('taken' in step && step.taken === 'awaited'),
      );
      const releases = lifecycleOf(graph).sitesIn(each.to).some(lifecycleOf(graph).releases);
      return !waits && !releases && ends(graph, steps);
    })
  );
}

/** The steps end the process whatever happens. */
function ends(graph: Graph, steps: readonly Step[]): boolean {
  return steps.some((step) => {
    if (step.s === 'call') {
      const site = graph.site(step.call);
      return site !== undefined && isExit(graph, site);
    }
    if (step.s === 'finally') return ends(graph, step.body) || ends(graph, step.after);
    return (
      step.s === 'branch' && step.branches.length > 1 && step.branches.every((each) => ends(graph, each))
    );
  });
}
