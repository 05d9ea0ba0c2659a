/** Whether something can fail: throw, or give a promise that rejects. Used by the rules about guards and about `void`. */
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { eachStep, type Step } from '../../graph/steps.ts';
import { carriesRelease } from '../lifecycle.ts';

export interface Failing {
  /** A call of the function can throw or, when it is waited for, reject. */
  function(ref: FunctionRef): boolean;
  /** Running these steps can fail. */
  steps(steps: readonly Step[], ref: FunctionRef): boolean;
  /** The call can fail when its promise is waited for. */
  call(site: Site, waitedFor: boolean): boolean;
  /** One of the functions that a value can be does fail. */
  handler(value: Value, ref: FunctionRef): boolean;
}

interface State {
  graph: Graph;
  known: Map<string, boolean>;
  trustAwaits: boolean;
}

/**
 * `trustAwaits`: the stop of a scheduler whose result depends on how it was made can fail where it is waited for: who
 * waits for it expects a promise.
 */
export function createFailing(graph: Graph, { trustAwaits = false } = {}): Failing {
  const state: State = { graph, known: new Map(), trustAwaits };
  return {
    function: (ref) => ofFunction(state, ref),
    steps: (steps, ref) => ofSteps(state, steps, ref),
    call: (site, waitedFor) => ofCall(state, site, waitedFor),
    handler: (value, ref) => ofHandler(state, value, ref),
  };
}

function ofFunction(state: State, ref: FunctionRef): boolean {
  const key = functionKey(ref);
  const found = state.known.get(key);
  if (found !== undefined) return found;
  // A cycle adds no failure of its own.
  state.known.set(key, false);
  const result = ofSteps(state, state.graph.steps(ref), ref);
  state.known.set(key, result);
  return result;
}

function ofSteps(state: State, steps: readonly Step[], ref: FunctionRef): boolean {
  return steps.some((step) => ofStep(state, step, ref));
}

function ofStep(state: State, step: Step, ref: FunctionRef): boolean {
  switch (step.s) {
    case 'throw':
      return true;
    case 'wait':
      return waitFails(state, step.value, ref);
    case 'guard':
      return (
        ofSteps(state, step.handler, ref) ||
        (ofSteps(state, step.body, ref) && step.handlers.some((each) => ofHandler(state, each, ref)))
      );
    case 'finally':
      return ofSteps(state, step.body, ref) || ofSteps(state, step.after, ref);
    case 'loop':
      return ofSteps(state, step.body, ref);
    case 'branch':
      return step.branches.some((each) => ofSteps(state, each, ref));
    case 'group':
      return (
        step.how !== 'allSettled' && (ofSteps(state, step.items, ref) || groupFails(state, step.call.a, ref))
      );
    case 'call': {
      const site = state.graph.site(step.call);
      return (
        site !== undefined &&
        ofCall(state, site, step.taken === 'awaited' || step.taken === 'returned' || step.taken === 'chained')
      );
    }
    default:
      return false;
  }
}

/** `await this.running`: the promises that can be there. */
function waitFails(state: State, value: Value, ref: FunctionRef): boolean {
  const promises = state.graph.valueThings(value, ref).filter((each) => each.t === 'promise');
  if (promises.length === 0) return value.k !== 'none' && value.k !== 'object' && value.k !== 'constant';
  return promises.some((each) => each.t === 'promise' && siteFails(state, each.site));
}

/** A promise that is known to be there fails. */
function promiseThere(state: State, value: Value, ref: FunctionRef): boolean {
  return state.graph
    .valueThings(value, ref)
    .some((each) => each.t === 'promise' && siteFails(state, each.site));
}

function siteFails(state: State, id: number): boolean {
  const site = state.graph.program.sites[id];
  return site === undefined || ofCall(state, site, true);
}

/** The promises in the lists that are given to `Promise.all` and the like. */
function groupFails(state: State, lists: readonly Value[], ref: FunctionRef): boolean {
  return lists.some((each) => {
    if (each.k === 'array')
      return each.items.some((item) =>
        item.k === 'call' ? siteOfFails(state, item) : promiseThere(state, item, ref),
      );
    return state.graph.valueThings(each, ref).some((thing) => {
      if (thing.t !== 'array') return false;
      const elements = state.graph.program.flow.field(state.graph.program.flow.intern(thing), '*');
      return state.graph
        .things(elements)
        .some((element) => element.t === 'promise' && siteFails(state, element.site));
    });
  });
}

function siteOfFails(state: State, call: Value & { k: 'call' }): boolean {
  const site = state.graph.site(call);
  return site !== undefined && ofCall(state, site, true);
}

function ofHandler(state: State, value: Value, ref: FunctionRef): boolean {
  return state.graph
    .valueThings(value, ref)
    .some((thing) => thing.t === 'function' && ofFunction(state, thing));
}

function ofCall(state: State, site: Site, waitedFor: boolean): boolean {
  const { f } = site.call;
  if (f.k === 'member' && (f.p === 'then' || f.p === 'catch' || f.p === 'finally') && !site.call.isNew)
    return chainFails(state, site, f);
  const edges = state.graph.edgesOf(site);
  const targets = edges.filter((each) => ['call', 'map', 'each'].includes(each.kind));
  if (targets.length > 0) {
    const failing = targets.some((each) => {
      const isAsync = state.graph.function(each.to).isAsync;
      return (waitedFor || !isAsync || each.kind === 'map') && ofFunction(state, each.to);
    });
    if (failing) return true;
  }
  if (site.call.isNew && f.k === 'global' && f.name === 'Promise') return promiseFails(state, site);
  if (mayGuard(state, site)) return false;
  return releaseFails(state, site, waitedFor) || (waitedFor && targets.length === 0 && !isPlain(state, site));
}

/** `trySafe(pool.end())` of another package: whether it hands the failure on is not seen; of these it is known. */
const HANDS_ON: ReadonlySet<string> = new Set(['p-timeout', 'promise-timeout', 'p-limit', 'p-retry']);

function mayGuard({ graph }: State, site: Site): boolean {
  if (!carriesRelease(graph, site.call)) return false;
  return graph
    .things(site.callee)
    .some(
      (each) =>
        each.t === 'external' &&
        each.from !== 'global' &&
        !each.from.startsWith('node:') &&
        !HANDS_ON.has(each.from),
    );
}

function chainFails(state: State, site: Site, f: Value & { k: 'member' }): boolean {
  const guarded = f.p === 'catch' || (f.p === 'then' && site.call.a.length > 1);
  const callbacks = state.graph.edgesOf(site).some((each) => ofFunction(state, each.to));
  if (callbacks) return true;
  return !guarded && f.o.k === 'call' && siteOfFails(state, f.o);
}

/** `new Promise(executor)` rejects when the executor uses its second parameter or throws. */
function promiseFails(state: State, site: Site): boolean {
  return state.graph.edgesOf(site).some((each) => {
    if (each.kind !== 'executor') return true;
    return state.graph.function(each.to).params.length > 1 || ofFunction(state, each.to);
  });
}

/** A release from the catalogue fails as its row says; `closeAll` and aborts do not. */
function releaseFails(state: State, site: Site, waitedFor: boolean): boolean {
  const rows = state.graph.program.releases
    .filter((each) => each.site === site.id && !isFunctionOf(state, site))
    .flatMap((each) => {
      const thing = state.graph.program.flow.things[each.resource];
      return thing?.t === 'resource' ? [{ row: thing.row, sync: each.sync }] : [];
    });
  return rows.some(({ row, sync }) => {
    if (!sync) return waitedFor && row.releaseReturns === 'promise';
    return (
      row.secondRelease === 'throws' || (row.kind === 'cron' && state.trustAwaits && isAwaited(state, site))
    );
  });
}

/** Written as something that gives a promise: `await task.stop()`, `task.stop().catch(...)`. */
function isAwaited(state: State, site: Site): boolean {
  return [...eachStep(state.graph.steps(site))].some(
    (step) =>
      step.s === 'call' && step.call === site.call && (step.taken === 'awaited' || step.taken === 'chained'),
  );
}

function isFunctionOf(state: State, site: Site): boolean {
  return state.graph.things(site.callee).some((each) => each.t === 'external');
}

/** Calls that, waited for, reject only when the callee is unknown. */
function isPlain(state: State, site: Site): boolean {
  return state.graph.things(site.callee).some((each) => {
    if (each.t === 'resolver') return true;
    if (each.t === 'external')
      return (
        each.from === 'global' &&
        /^(Promise\.(allSettled|resolve)|process\.\w+|console\.\w+|(set|clear)(Timeout|Interval|Immediate))$/.test(
          each.path,
        )
      );
    if (each.t !== 'method') return false;
    const of = state.graph.program.flow.things[each.of];
    return of?.t !== 'resource' || of.row.closes.includes(each.name);
  });
}
