/** The ways from a callback to a call, with whether something was waited for and whether the shutdown was asked about. Used by no-revival. */
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../../graph/graph.ts';
import { stopChecksOf } from './stop-checks.ts';

export interface Passed {
  /** Time has passed since the callback began. */
  waited: boolean;
  /** The shutdown was asked about since (or, with `once`, at any time). */
  checked: boolean;
}

interface Search {
  graph: Graph;
  targets: ReadonlySet<number>;
  /** A check holds for all that follows, however long that takes. */
  once: boolean;
  isCheck(condition: Value, ref: FunctionRef): boolean;
  seen: Set<string>;
  found: { site: Site; passed: Passed }[];
}

export interface WayOptions {
  once: boolean;
  /** Conditions that are checks beside those that ask about the shutdown. */
  alsoCheck?: (condition: Value, ref: FunctionRef) => boolean;
}

/** How the target calls are reached from a function. */
export function waysTo(
  graph: Graph,
  from: FunctionRef,
  targets: readonly Site[],
  { once, alsoCheck }: WayOptions,
): { site: Site; passed: Passed }[] {
  const checks = stopChecksOf(graph);
  const search: Search = {
    graph,
    targets: new Set(targets.map((each) => each.id)),
    once,
    isCheck: (condition, ref) => checks.asks(condition, ref) || alsoCheck?.(condition, ref) === true,
    seen: new Set(),
    found: [],
  };
  visit(search, from, { waited: false, checked: false });
  return search.found;
}

function visit(search: Search, ref: FunctionRef, passed: Passed): void {
  const key = `${functionKey(ref)} ${passed.waited} ${passed.checked}`;
  if (search.seen.has(key)) return;
  search.seen.add(key);
  walk(search, ref, search.graph.steps(ref), passed);
}

const afterWait = (search: Search, passed: Passed): Passed => ({
  waited: true,
  checked: search.once && passed.checked,
});

/** Goes through steps in order; gives what holds behind them. */
function walk(search: Search, ref: FunctionRef, steps: readonly Step[], given: Passed): Passed {
  let passed = given;
  for (const step of steps) {
    if (step.s === 'call') passed = walkCall(search, step, passed);
    else if (step.s === 'wait') passed = afterWait(search, passed);
    else if (step.s === 'group') {
      passed = walk(search, ref, step.items, passed);
      if (step.taken === 'awaited') passed = afterWait(search, passed);
    } else if (step.s === 'branch') passed = walkBranch(search, ref, step, passed);
    else if (step.s === 'guard') {
      const body = walk(search, ref, step.body, passed);
      const handler = walk(search, ref, step.handler, { ...body, checked: passed.checked && body.checked });
      passed = leaves(step.handler) ? body : merge(body, handler);
    } else if (step.s === 'finally') {
      const body = walk(search, ref, step.body, passed);
      // A return in the body does not keep the finally from running.
      passed = walk(search, ref, step.after, { ...body, checked: passed.checked && body.checked });
    } else if (step.s === 'loop') passed = merge(passed, walk(search, ref, step.body, passed));
  }
  return passed;
}

const merge = (a: Passed, b: Passed): Passed => ({
  waited: a.waited || b.waited,
  checked: a.checked && b.checked,
});

function walkBranch(search: Search, ref: FunctionRef, step: Step & { s: 'branch' }, passed: Passed): Passed {
  const isCheck = search.isCheck(step.condition, ref);
  const inside = isCheck ? { ...passed, checked: true } : passed;
  const after = step.branches
    .map((each) => ({ each, end: walk(search, ref, each, inside) }))
    .filter(({ each }) => !leaves(each))
    .map(({ end }) => end);
  // Behind `if (stopped) return` it is known that nobody asked to stop.
  const isGate = isCheck && step.branches.some(leaves);
  const all = after.length > 0 ? after.reduce(merge) : inside;
  return { waited: all.waited || passed.waited, checked: isGate || (all.checked && passed.checked) };
}

const leaves = (steps: readonly Step[]): boolean =>
  steps.some((each) => each.s === 'return' || each.s === 'throw' || each.s === 'jump');

function walkCall(search: Search, step: Step & { s: 'call' }, passed: Passed): Passed {
  const { graph } = search;
  const site = graph.site(step.call);
  if (!site) return passed;
  if (search.targets.has(site.id)) {
    search.found.push({ site, passed });
    return passed;
  }
  for (const edge of graph.edgesOf(site)) {
    const isLater = !['call', 'executor', 'each', 'map'].includes(edge.kind);
    visit(search, edge.to, isLater ? afterWait(search, passed) : passed);
  }
  const isHeard = stopChecksOf(graph).hears(site);
  const next = step.taken === 'awaited' ? afterWait(search, passed) : passed;
  return isHeard ? { ...next, checked: true } : next;
}
