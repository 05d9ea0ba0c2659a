/** What is open when the start, or a callback of the running service, ends the process. Used by exit-after-release. */
import { classAround } from '../../graph/flow/classes.ts';
import { isExit } from './exits.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import type { CallEdge, Program } from '../../graph/flow/program.ts';
import { loadedModules } from '../../graph/reach.ts';
import { eachStep, innerSteps } from '../../graph/steps.ts';
import type { ThingId } from '../../graph/flow/things.ts';
import { waitsForShutdown } from './told-over.ts';

export interface EarlyExit {
  exit: Site;
  /** What is open at that time and has a release on the shutdown path. */
  open: Resource | undefined;
}

/** Steps that are followed; a program whose start is longer is judged by what was seen until then. */
const STEP_BUDGET = 50_000;
const FOLLOWED = new Set(['call', 'map', 'each', 'executor', 'then', 'hook']);

interface Order {
  graph: Graph;
  /** Resources by the call that opens them, where the shutdown releases them. */
  openings: Map<number, Resource[]>;
  releases: Map<number, Resource[]>;
  open: Set<Resource>;
  /** A release was seen since the function was entered. */
  released: boolean;
  running: Set<string>;
  /** In the handler of a failed start, at the top of the program. */
  inLastResort: boolean;
  found: Map<number, EarlyExit>;
  steps: number;
  /** Positions of things in lists; made when first asked for. */
  positions: Map<ThingId, number> | undefined;
}

/** The exits that the start comes to, in order, with what is open then. */
export function exitsOfStart(graph: Graph): EarlyExit[] {
  const order: Order = {
    graph,
    openings: openingSites(graph),
    releases: new Map(),
    open: new Set(),
    released: false,
    running: new Set(),
    inLastResort: false,
    found: new Map(),
    steps: 0,
    positions: undefined,
  };
  for (const each of graph.resources)
    for (const site of each.releases)
      order.releases.set(site.id, [...(order.releases.get(site.id) ?? []), each]);
  // Each entry is a program of its own.
  for (const entry of graph.entries) {
    order.open = new Set();
    for (const file of loadedModules(graph.program, [entry])) run(order, { file, fn: 0 });
  }
  return [...order.found.values()];
}

/** What the running service has open, as far as the shutdown releases it. */
export function openWhileRunning(graph: Graph): Resource | undefined {
  return [...openingSites(graph).values()].flat()[0];
}

function openingSites(graph: Graph): Map<number, Resource[]> {
  const found = new Map<number, Resource[]>();
  for (const each of graph.resources) {
    if (each.unref || !each.releases.some((site) => graph.shutdown.has(functionKey(site)))) continue;
    for (const site of each.starts.length > 0 ? each.starts : [each.site])
      found.set(site.id, [...(found.get(site.id) ?? []), each]);
  }
  return found;
}

function run(order: Order, ref: FunctionRef): void {
  const key = functionKey(ref);
  if (order.running.has(key)) return;
  order.running.add(key);
  const { released } = order;
  order.released = false;
  follow(order, ref, order.graph.steps(ref));
  order.released = released;
  order.running.delete(key);
}

/** Follows steps; true when they end the process. */
function follow(order: Order, ref: FunctionRef, steps: readonly Step[]): boolean {
  for (const step of steps) {
    order.steps += 1;
    if (order.steps > STEP_BUDGET) return true;
    if (step.s === 'call' && followCall(order, step)) return true;
    if (waitsForShutdown(order.graph, ref, step)) order.open = new Set();
    if (step.s === 'call' || step.s === 'wait') continue;
    if (step.s === 'guard') followGuard(order, ref, step);
    else if (step.s === 'branch') followBranches(order, ref, step);
    else if (step.s === 'return' || step.s === 'throw' || step.s === 'jump') return true;
    else for (const inner of innerSteps(step)) follow(order, ref, inner);
  }
  return false;
}

function followBranches(order: Order, ref: FunctionRef, step: Step & { s: 'branch' }): void {
  const before = new Set(order.open);
  const { released } = order;
  const after = new Set<Resource>(step.branches.length < 2 ? before : []);
  for (const each of step.branches) {
    order.open = new Set(before);
    order.released = released;
    if (!follow(order, ref, each)) for (const one of order.open) after.add(one);
  }
  order.open = after;
  order.released = released;
}

/** What the guarded steps open is not known to be open when they have failed. */
function followGuard(order: Order, ref: FunctionRef, step: Step & { s: 'guard' }): void {
  const before = new Set(order.open);
  follow(order, ref, step.body);
  const after = order.open;
  order.open = before;
  const { inLastResort } = order;
  order.inLastResort ||= isLastResort(order.graph, ref, step.body);
  follow(order, ref, step.handler);
  for (const handler of step.handlers)
    for (const thing of order.graph.valueThings(handler, ref))
      if (thing.t === 'function') run(order, { file: thing.file, fn: thing.fn });
  order.inLastResort = inLastResort;
  order.open = after;
}

/** What failed is the start itself: at the top level of an entry, or in `main`, around what opens things. */
function isLastResort(graph: Graph, ref: FunctionRef, body: readonly Step[]): boolean {
  const isEntry = (each: FunctionRef): boolean => each.fn === 0 && graph.entries.includes(each.file);
  if (isEntry(ref)) return true;
  if (!graph.edgesTo(ref).some((each) => each.kind === 'call' && isEntry(each.from))) return false;
  return [...eachStep(body)].some((step) => {
    const site = step.s === 'call' ? graph.site(step.call) : undefined;
    return site !== undefined && lifecycleOf(graph).opens(site);
  });
}

function followCall(order: Order, step: Step & { s: 'call' }): boolean {
  const { graph } = order;
  const site = graph.site(step.call);
  if (!site) return false;
  if (isExit(graph, site)) {
    const open = order.inLastResort || order.released ? undefined : openAt(order, site);
    if (!order.found.get(site.id)?.open) order.found.set(site.id, { exit: site, open });
    return true;
  }
  const handled = step.call.f.k === 'member' && step.call.f.p === 'catch';
  const { opens, releases, exits } = lifecycleOf(graph);
  // What does none of these is of no interest, however much of it there is.
  if (!handled && (opens(site) || releases(site) || exits(site)))
    followTargets(
      order,
      graph.edgesOf(site).filter((each) => FOLLOWED.has(each.kind)),
    );
  for (const each of order.openings.get(site.id) ?? []) order.open.add(each);
  for (const each of order.releases.get(site.id) ?? []) {
    order.open.delete(each);
    order.released = true;
  }
  return false;
}

/** What an exit cuts off; clients of a server elsewhere end with a start that has failed, and nothing is lost. */
function openAt({ open }: Order, exit: Site): Resource | undefined {
  const [code] = exit.call.a;
  const isFailure = code?.k === 'constant' && code.text !== '0';
  return [...open].find((each) => !isFailure || !isClient(each));
}

const isClient = ({ row }: Resource): boolean =>
  row.connectsOnUse === true || row.kind === 'cache' || row.kind === 'client' || row.kind === 'http client';

/**
 * Runs what a call leads to. Where these are methods of several objects, they run in the order in which the objects are
 * listed; objects that no list holds are each taken for the first.
 */
function followTargets(order: Order, edges: readonly CallEdge[]): void {
  const placed = edges.map((edge) => ({ edge, position: listPosition(order, edge.to) }));
  if (edges.length < 2 || placed.every((each) => each.position !== undefined)) {
    placed.sort((a, b) => (a.position ?? 0) - (b.position ?? 0));
    for (const each of placed) run(order, each.edge.to);
    return;
  }
  const before = order.open;
  const after = new Set(before);
  for (const { edge } of placed) {
    order.open = new Set(before);
    run(order, edge.to);
    for (const each of order.open) after.add(each);
  }
  order.open = after;
}

/** Where an instance of the function's class stands in a list that is written out. */
function listPosition(order: Order, ref: FunctionRef): number | undefined {
  const { program } = order.graph;
  const cls = classAround(program, ref);
  if (!cls) return undefined;
  order.positions ??= listPositions(program);
  return order.positions.get(program.flow.intern({ t: 'instance', file: ref.file, cls: cls.id }));
}

function listPositions({ flow }: Program): Map<ThingId, number> {
  const found = new Map<ThingId, number>();
  flow.things.forEach((thing, id) => {
    if (thing.t !== 'array') return;
    for (const name of flow.fieldNames(id))
      if (/^\d+$/.test(name))
        for (const member of flow.thingsAt(flow.field(id, name)))
          if (!found.has(member)) found.set(member, Number(name));
  });
  return found;
}
