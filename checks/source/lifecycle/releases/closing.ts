/** How exchanges are closed on the shutdown path: which calls do, and what is skipped when one fails. Used by exchange-closed. */
import type { Value } from '../../facts/model.ts';
import type { Failing } from './failing.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { lifecycleOf, RELEASING, transitive } from '../lifecycle.ts';
import { eachStep } from '../../graph/steps.ts';
import type { Thing } from '../../graph/flow/things.ts';

export interface ExchangeCloses {
  /** The call closes an exchange, itself or by what it calls. */
  any(site: Site): boolean;
  /** It closes one itself. */
  direct(site: Site): boolean;
  /** Whatever it leads to closes one: it is not a stop of subsystems, one of which has exchanges. */
  only(site: Site): boolean;
  /** The steps release exchanges, and nothing else: their failures are the concern of exchange-closed alone. */
  nothingElse(steps: readonly Step[]): boolean;
}

export function exchangeCloses(graph: Graph): ExchangeCloses {
  const { program } = graph;
  const direct = new Set(
    program.releases.flatMap((each) => {
      const thing = program.flow.things[each.resource];
      return thing?.t === 'resource' && thing.row.kind === 'exchange' ? [each.site] : [];
    }),
  );
  const any = transitive(graph, (site) => direct.has(site.id), RELEASING);
  const only = (site: Site, seen: ReadonlySet<string> = new Set()): boolean =>
    direct.has(site.id) ||
    graph.edgesOf(site).every(({ to }) => {
      const key = functionKey(to);
      const inside = lifecycleOf(graph).sitesIn(to).filter(any);
      return (
        seen.has(key) || (inside.length > 0 && inside.every((each) => only(each, new Set([...seen, key]))))
      );
    });
  const nothingElse = (steps: readonly Step[]): boolean => {
    const released = [...eachStep(steps)].flatMap((each) => {
      const site = each.s === 'call' ? graph.site(each.call) : undefined;
      return site && lifecycleOf(graph).releases(site) ? [site] : [];
    });
    return released.length > 0 && released.every((each) => any(each) && only(each));
  };
  return { any, direct: (site) => direct.has(site.id), only: (site) => only(site), nothingElse };
}

/** What is around a step, from the inside out. */
type Frame = { s: 'rest' | 'loop'; steps: readonly Step[] } | { s: 'guard'; throws: boolean };

export interface Closing {
  site: Site;
  /** The close that is skipped when this one fails. */
  skips?: Site;
  /** All are closed under one `Promise.all`, which ends at the first that fails. */
  failFast?: boolean;
}

interface Search {
  graph: Graph;
  failing: Failing;
  ref: FunctionRef;
  closes: ExchangeCloses;
  found: Closing[];
}

/** The calls of a function that close exchanges, each with what its failure skips. */
export function closingsIn(
  graph: Graph,
  failing: Failing,
  ref: FunctionRef,
  closes: ExchangeCloses,
): Closing[] {
  const search: Search = { graph, failing, ref, closes, found: [] };
  visit(search, graph.steps(ref), []);
  return search.found;
}

function visit(search: Search, steps: readonly Step[], outer: readonly Frame[]): void {
  steps.forEach((step, position) => {
    const frames: Frame[] = [{ s: 'rest', steps: steps.slice(position + 1) }, ...outer];
    if (step.s === 'call') visitCall(search, step, frames);
    else if (step.s === 'group') visitGroup(search, step);
    else if (step.s === 'guard') {
      const throws = step.throws || step.handlers.some((each) => search.failing.handler(each, search.ref));
      visit(search, step.body, [{ s: 'guard', throws }, ...frames]);
      visit(search, step.handler, frames);
    } else if (step.s === 'finally') {
      // What stands in the finally runs all the same.
      visit(search, step.body, frames);
      visit(search, step.after, frames);
    } else if (step.s === 'loop') visit(search, step.body, [{ s: 'loop', steps: step.body }, ...frames]);
    else if (step.s === 'branch')
      for (const each of step.branches) visit(search, each, leavesBy(each, frames));
  });
}

/** `cut(); continue;`: what follows the branch is not skipped by a failure in it, it would not have run anyway. */
function leavesBy(steps: readonly Step[], frames: readonly Frame[]): readonly Frame[] {
  const leaves = steps.find((each) => each.s === 'jump' || each.s === 'return' || each.s === 'throw');
  if (!leaves) return frames;
  const loop = leaves.s === 'jump' ? frames.findIndex((each) => each.s === 'loop') : frames.length;
  return frames.filter((each, position) => each.s === 'guard' || (loop >= 0 && position >= loop));
}

function visitCall(search: Search, step: Step & { s: 'call' }, frames: readonly Frame[]): void {
  const { graph, failing, closes } = search;
  const site = graph.site(step.call);
  if (!site || !closes.any(site)) return;
  const waited = step.taken === 'awaited' || step.taken === 'returned' || step.taken === 'chained';
  const skips = waited && failing.call(site, true) ? skippedBy(search, site, frames) : undefined;
  if (skips || closes.direct(site)) search.found.push({ site, ...(skips ? { skips } : {}) });
}

function skippedBy({ graph, closes }: Search, failed: Site, frames: readonly Frame[]): Site | undefined {
  let next: Site | undefined;
  for (const frame of frames) {
    if (frame.s === 'guard') {
      if (!frame.throws) return next;
      continue;
    }
    for (const step of eachStep(frame.steps)) {
      const site = step.s === 'call' || step.s === 'group' ? graph.site(step.call) : undefined;
      if (site && closes.any(site) && (site !== failed || closes.only(site))) next ??= site;
    }
  }
  return next;
}

function visitGroup(search: Search, step: Step & { s: 'group' }): void {
  const { graph, failing, ref, closes } = search;
  const site = graph.site(step.call);
  if (!site || !closes.nothingElse(step.items)) return;
  const failFast = step.how === 'all' && failing.steps([step], ref);
  search.found.push({ site, ...(failFast ? { failFast } : {}) });
}

/** One of several is taken out by name or position: `exchanges.get('luno')`, `exchanges[0]`. */
export function takesOne(graph: Graph, resource: Resource, release: Site): boolean {
  const { flow } = graph.program;
  const { f } = release.call;
  if (f.k !== 'member') return false;
  const owners = flow.keepers(resource.id).flatMap(({ owner, name }) => {
    const thing = flow.things[owner];
    return thing && (name === 'rest' || (thing.t === 'map' && name === '@values')) ? [thing] : [];
  });
  return owners.length > 0 && isPick(graph, release, f.o, owners, 0);
}

function isPick(
  graph: Graph,
  ref: FunctionRef,
  value: Value,
  owners: readonly Thing[],
  depth: number,
): boolean {
  const isOwner = (each: Value): boolean =>
    graph.valueThings(each, ref).some((thing) => owners.includes(thing));
  if (value.k === 'member') return isOwner(value.o);
  if (value.k === 'await') return isPick(graph, ref, value.v, owners, depth);
  if (value.k === 'call' && value.f.k === 'member') {
    const [key] = value.a;
    return /^(get|at)$/.test(value.f.p) && (key?.k === 'text' || key?.k === 'constant') && isOwner(value.f.o);
  }
  if (value.k !== 'ref' || depth > 3) return false;
  const lets = [...eachStep(graph.steps(ref))].filter((step) => step.s === 'let' && step.b === value.b);
  return (
    lets.length > 0 &&
    lets.every((step) => step.s === 'let' && isPick(graph, ref, step.value, owners, depth + 1))
  );
}
