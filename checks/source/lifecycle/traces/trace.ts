/**
 * What happens when a function is called, in order, with what it calls put in its place: checks, waits, stores, openings
 * and releases. Used by the analyses of starts and stops.
 */
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { placesOf } from './places.ts';
import type { EdgeKind } from '../../graph/flow/program.ts';
import { firstOffset, isLock, leaves, memosIn } from './trace-parts.ts';
import { check, createRun, emit, end, fork, isFull, type Run, type Trace } from './trace-run.ts';

export type { Event, Trace } from './trace-run.ts';

const INLINED: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['call', 'map', 'each', 'executor']);
/** Run by a promise, or when something has started: after a wait. */
const AFTER: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['then', 'listen', 'hook']);
const MAX_DEPTH = 10;
/** The ways through a function; the first is the one that takes no early exit. */
export function tracesOf(graph: Graph, ref: FunctionRef, follow?: (to: FunctionRef) => boolean): Trace[] {
  if (follow) return traceFunction(graph, ref, follow);
  const known = traced.get(graph) ?? new Map<string, Trace[]>();
  traced.set(graph, known);
  const key = functionKey(ref);
  const found = known.get(key) ?? traceFunction(graph, ref, () => true);
  known.set(key, found);
  return found;
}

const traced = new WeakMap<Graph, Map<string, Trace[]>>();

function traceFunction(graph: Graph, ref: FunctionRef, follow: (to: FunctionRef) => boolean): Trace[] {
  const run = createRun(graph, ref, follow);
  followSteps(run, ref, graph.steps(ref));
  const { functions } = run;
  return [
    { events: [...run.events, ...run.later], from: 0, functions },
    ...run.finished.map((each) => ({ ...each, functions })),
  ];
}

/** Runs steps; true when they leave the function. */
function followSteps(run: Run, ref: FunctionRef, steps: readonly Step[]): boolean {
  const memos = memosIn(steps);
  for (const [position, step] of steps.entries()) {
    for (const memo of memos.get(position) ?? []) check(run, ref, memo.target, memo.at);
    if (followStep(run, ref, step)) return true;
  }
  return false;
}

function followStep(run: Run, ref: FunctionRef, step: Step): boolean {
  if (step.s !== 'branch') emit(run, { e: 'step', step, ref });
  switch (step.s) {
    case 'call':
      followCall(run, ref, step);
      return false;
    case 'wait':
      emit(run, { e: 'wait', value: step.value, ref, at: step.at });
      return false;
    case 'group':
      followGroup(run, ref, step);
      if (step.taken === 'awaited' || step.taken === 'returned')
        emit(run, { e: 'wait', value: step.call, ref, at: step.call.at });
      return false;
    case 'guard':
      return followGuard(run, ref, step);
    case 'finally':
      return followFinally(run, ref, step);
    case 'loop':
      followSteps(run, ref, step.body);
      return false;
    case 'branch':
      return followBranch(run, ref, step);
    case 'store':
      emit(run, {
        e: 'store',
        place: placesOf(run.graph).of(step.target, ref),
        value: step.value,
        plain: step.plain,
        ref,
        at: step.at,
      });
      return false;
    case 'throw':
      emit(run, { e: 'throw', ref, at: step.at });
      return true;
    case 'return':
    case 'jump':
      return true;
    case 'let':
      return false;
  }
}

function followGroup(run: Run, ref: FunctionRef, step: Step & { s: 'group' }): void {
  const id = run.nextId;
  run.nextId += 1;
  if (step.how === 'allSettled') emit(run, { e: 'try', id });
  followSteps(run, ref, step.items);
  if (step.how === 'allSettled') emit(run, { e: 'tried', id });
}

function followGuard(run: Run, ref: FunctionRef, step: Step & { s: 'guard' }): boolean {
  const id = run.nextId;
  run.nextId += 1;
  const before = run.events.length;
  const swallows = !step.throws;
  if (swallows) emit(run, { e: 'try', id });
  const left = followSteps(run, ref, step.body);
  if (swallows) emit(run, { e: 'tried', id });
  // The handler after as much of the body as there is: a way of its own.
  if (step.handler.length > 0)
    fork(run, run.events.slice(0, before), () => followSteps(run, ref, step.handler));
  return left;
}

function followFinally(run: Run, ref: FunctionRef, step: Step & { s: 'finally' }): boolean {
  const id = run.nextId;
  run.nextId += 1;
  const locked = isLock(run.graph, run.events, ref, step.after);
  if (locked) emit(run, { e: 'lock', id });
  const left = followSteps(run, ref, step.body);
  followSteps(run, ref, step.after);
  if (locked) emit(run, { e: 'unlock', id });
  return left;
}

function followBranch(run: Run, ref: FunctionRef, step: Step & { s: 'branch' }): boolean {
  const leaving = step.branches.filter(leaves);
  const throws = leaving.length > 0 && leaving.every((each) => each.some((inner) => inner.s === 'throw'));
  const isIf = step.isIf === true;
  const goesOn = isIf && leaving.length === 1 ? { goesOn: leaving[0] !== step.branches[0] } : {};
  const at = step.at ?? firstOffset(step.condition);
  const id = check(run, ref, step.condition, at, { throws, isIf, ...goesOn });
  const staying = step.branches.filter((each) => !leaves(each));
  const { choices } = run;
  const choose = (branch: readonly Step[]): void => {
    run.choices = new Map([...choices, [id, step.branches.indexOf(branch as Step[])]]);
    followSteps(run, ref, branch);
    run.choices = choices;
  };
  for (const each of leaving) fork(run, run.events, () => choose(each));
  if (staying.length === 0 && step.branches.length > 1) return true;
  staying.forEach(choose);
  if (leaving.length === 0) end(run, id);
  return false;
}

function followCall(run: Run, ref: FunctionRef, step: Step & { s: 'call' }): void {
  const { graph } = run;
  const site = graph.site(step.call);
  if (!site) return;
  const waits = step.taken === 'awaited' || step.taken === 'returned';
  const detached = !waits && step.taken !== 'chained' && lifecycleOf(graph).givesPromise(site);
  for (const resource of run.byMake.get(site.id) ?? [])
    emit(run, { e: 'open', site, resource, under: new Set(run.active.keys()) });
  for (const resource of run.byStart.get(site.id) ?? []) emit(run, { e: 'begin', site, resource });
  const before = run.events;
  if (detached) run.events = [];
  inline(run, site, waits);
  if (detached) {
    const own = run.events;
    const first = own.findIndex((each) => each.e === 'wait');
    run.events = before;
    run.events.push(...(first < 0 ? own : own.slice(0, first)));
    if (first >= 0) run.later.push(...own.slice(first));
  }
  for (const resource of lifecycleOf(graph).releasedAt(site))
    emit(run, { e: 'release', site, resource, under: new Set(run.active.keys()), choices: run.choices });
  if (step.taken === 'awaited') emit(run, { e: 'wait', value: step.call, ref, at: step.call.at });
}

function inline(run: Run, site: Site, waits: boolean): void {
  const { graph } = run;
  for (const edge of graph.edgesOf(site)) {
    if (isFull(run)) return;
    const key = functionKey(edge.to);
    // A callback that a foreign function runs while it is waited for: a lock, a retry, a span.
    const foreign = edge.kind === 'host' && waits;
    const after = AFTER.has(edge.kind);
    if (!INLINED.has(edge.kind) && !foreign && !after) continue;
    if (run.stack.includes(key) || run.stack.length > MAX_DEPTH || !run.follow(edge.to)) continue;
    run.stack.push(key);
    run.functions.add(key);
    emit(run, { e: 'enter', ref: edge.to, site, choices: run.choices });
    const id = run.nextId;
    run.nextId += 1;
    if (foreign) emit(run, { e: 'lock', id });
    if (after) emit(run, { e: 'wait', value: site.call, ref: site, at: site.call.at });
    const outer = new Set(run.active.keys());
    followSteps(run, edge.to, graph.steps(edge.to));
    // An early return ends the callee only; a throw ends the caller as well.
    for (const [check, throws] of run.active) if (!outer.has(check) && !throws) end(run, check);
    if (foreign) emit(run, { e: 'unlock', id });
    run.stack.pop();
  }
}
