/** Loops that only the end of the service ends: whether the shutdown ends them. Used by no-revival. */
import type { Statement, Value } from '../../facts/model.ts';
import { eachStatement, eachValue, eachValueIn, valuesOf } from '../../facts/walk.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { isExit } from '../exits/exits.ts';
import { placesOf } from '../traces/places.ts';
import { stopChecksOf } from './stop-checks.ts';

type Loop = Statement & { s: 'loop' };

export interface EndlessLoop {
  ref: FunctionRef;
  at: number;
  /** What it does: goes on for ever, or until something succeeds. */
  kind: 'work' | 'retry';
  ended: boolean;
}

export function endlessLoops(graph: Graph): EndlessLoop[] {
  return graph.program.files.flatMap((file, index) =>
    file.facts.functions.flatMap((fn): EndlessLoop[] => {
      const ref = { file: index, fn: fn.id };
      if (!graph.live.has(functionKey(ref)) || fn.isGenerator) return [];
      return [...eachStatement(fn.body)].flatMap((each) =>
        each.s === 'loop' ? (judgeLoop(graph, ref, each) ?? []) : [],
      );
    }),
  );
}

function judgeLoop(graph: Graph, ref: FunctionRef, loop: Loop): EndlessLoop | undefined {
  if (loop.of || !waits(loop.body)) return undefined;
  const conditions = loop.head.flatMap((each) => (each.s === 'do' ? [each.v] : []));
  const endless = conditions.every((each) => each.k === 'constant' && each.text !== 'false');
  const asked = conditions.some((each) => stopChecksOf(graph).asks(each, ref));
  if (!endless && !asked && !conditions.every((each) => isFlagNobodyClears(graph, each, ref)))
    return undefined;
  const base = { ref, at: loop.at };
  if (asked || asksInside(graph, ref, loop) || endsWithWhatIsClosed(graph, loop))
    return { ...base, kind: 'work', ended: true };
  const left = leavings(graph, ref, loop.body);
  if (!left.inBody && !left.inHandler) return { ...base, kind: 'work', ended: false };
  const isRetry = left.inBody && !left.inHandler && opensInTry(graph, ref, loop);
  // Where the shutdown ends with an exit, a retry ends with it.
  return isRetry && !exitsByCall(graph) ? { ...base, kind: 'retry', ended: false } : undefined;
}

const waits = (statements: readonly Statement[]): boolean =>
  [...eachStatement(statements)].some(
    (each) =>
      (each.s === 'loop' && each.of?.awaits) ||
      valuesOf(each).some((value) => [...eachValue(value)].some((one) => one.k === 'await')),
  );

/** `while (running)` where `running` is a field or a variable of the module that nothing ever sets to false. */
function isFlagNobodyClears(graph: Graph, condition: Value, ref: FunctionRef): boolean {
  if (condition.k === 'constant') return condition.text !== 'false';
  const place = placesOf(graph).of(condition, ref);
  if (place === undefined || placesOf(graph).scopeOf(place)?.fn === ref.fn) return false;
  const stores = placesOf(graph)
    .stores(place)
    .filter((each) => !['fields', 'constructor', 'module'].includes(graph.function(each.ref).kind));
  return stores.length > 0 && stores.every(({ value }) => value.k === 'constant' && value.text === 'true');
}

/** A condition in the loop asks about the shutdown, or a call in it ends with the signal of the shutdown. */
function asksInside(graph: Graph, ref: FunctionRef, loop: Loop): boolean {
  const checks = stopChecksOf(graph);
  const inside = new Set(eachValueIn(loop.body));
  const asks = [...eachStatement(loop.body)].some((each) => each.s === 'if' && checks.asks(each.c, ref));
  const choice = [...inside].some((each) => each.k === 'choice' && each.c && checks.asks(each.c, ref));
  return asks || choice || sitesOf(graph, inside).some((site) => checks.hears(site));
}

const sitesOf = (graph: Graph, values: ReadonlySet<Value>): Site[] =>
  [...values].flatMap((each) => (each.k === 'call' ? (graph.site(each) ?? []) : []));

/** Its work is on something that the shutdown closes, and the failure that follows leaves the loop. */
function endsWithWhatIsClosed(graph: Graph, loop: Loop): boolean {
  const unguarded = new Set(unguardedValues(loop.body));
  return sitesOf(graph, unguarded).some((site) =>
    graph.things(site.callee).some((each) => {
      const of = each.t === 'method' ? each.of : -1;
      return graph.resources.some(
        (one) => one.id === of && one.releases.some((release) => graph.shutdown.has(functionKey(release))),
      );
    }),
  );
}

function* unguardedValues(statements: readonly Statement[]): Generator<Value> {
  for (const each of statements) {
    for (const value of valuesOf(each)) yield* eachValue(value);
    if (each.s === 'try') yield* unguardedValues(each.catch ? (each.finally ?? []) : each.body);
    else if (each.s === 'if') yield* unguardedValues([...each.then, ...each.else]);
    else if (each.s === 'block' || each.s === 'loop') yield* unguardedValues(each.body);
  }
}

/** What leaves the loop, in its work or where the work has failed. */
function leavings(
  graph: Graph,
  ref: FunctionRef,
  statements: readonly Statement[],
  nested = false,
): { inBody: boolean; inHandler: boolean } {
  const out = { inBody: false, inHandler: false };
  const add = (list: readonly Statement[], deeper: boolean, handler = false): void => {
    const inner = leavings(graph, ref, list, deeper);
    out.inHandler ||= inner.inHandler || (handler && inner.inBody);
    out.inBody ||= !handler && inner.inBody;
  };
  for (const each of statements) {
    if (each.s === 'return' || each.s === 'throw') out.inBody = true;
    else if (each.s === 'jump') out.inBody ||= each.kind === 'break' && !nested;
    else if (each.s === 'if') [each.then, each.else].forEach((list) => add(list, nested));
    else if (each.s === 'block') add(each.body, nested);
    else if (each.s === 'loop') add(each.body, true);
    else if (each.s === 'switch') each.cases.forEach((list) => add(list, true));
    else if (each.s === 'try') {
      add([...each.body, ...(each.finally ?? [])], nested);
      if (each.catch) add(each.catch.body, nested, true);
    }
    if (valuesOf(each).some((value) => ends(graph, value))) out.inBody = true;
  }
  return out;
}

const ends = (graph: Graph, value: Value): boolean =>
  [...eachValue(value)].some((each) => {
    const site = each.k === 'call' ? graph.site(each) : undefined;
    return site !== undefined && lifecycleOf(graph).exits(site);
  });

function opensInTry(graph: Graph, ref: FunctionRef, loop: Loop): boolean {
  if (!graph.start.has(functionKey(ref))) return false;
  return [...eachStatement(loop.body)].some(
    (each) =>
      each.s === 'try' &&
      each.catch !== undefined &&
      sitesOf(graph, new Set(eachValueIn(each.body))).some(lifecycleOf(graph).opens),
  );
}

const exitsByCall = (graph: Graph): boolean =>
  graph.program.sites.some((site) => graph.shutdown.has(functionKey(site)) && isExit(graph, site));
