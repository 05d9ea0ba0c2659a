/** The calls of a shutdown: what they release, and what runs because of them. Used by the sequence. */
import type { CallEdge, EdgeKind } from '../../graph/flow/program.ts';
import type { Thing } from '../../graph/flow/things.ts';
import { functionKey, type Resource, type Site, type Step } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { givesPromise } from '../releases/waiting.ts';
import { actualThings } from './actual.ts';
import { arrange, edgeIs, inList, isOf, itemsAround, itemsOf, passedOn, resourceIs } from './item-order.ts';
import { inTurn, note, type Here, type Walk } from './walk.ts';

const NOTHING: Thing = { t: 'text', text: '' };
const MAX_DEPTH = 14;
const INLINED: ReadonlySet<EdgeKind> = new Set<EdgeKind>([
  'call',
  'map',
  'each',
  'then',
  'after',
  'executor',
  'hook',
  'host',
]);

export function walkCall(walk: Walk, step: Step & { s: 'call' }, here: Here): void {
  const { graph } = walk;
  const site = graph.site(step.call);
  if (!site) return;
  const released = releasedHere(walk, site, here);
  const edges = targetsHere(walk, site, here);
  const inner: Here = { ...here, chain: [...here.chain, site] };
  if (released.length > 1) walkReleases(walk, step, here, site, released);
  else if (released.length === 1 && edges.length > 0)
    inTurn(walk, here, 'series', ['release', 'rest'], (part, at) => {
      if (part === 'release') note(walk, step, at, site, released);
      else {
        walk.tick += 1;
        walkTargets(walk, site, edges, { ...inner, turns: at.turns });
      }
    });
  else {
    note(walk, step, here, site, released);
    walkTargets(walk, site, edges, inner);
  }
  if (step.taken === 'awaited' || step.taken === 'chained') walk.tick += 1;
}

/** What the call releases in this run: of several, those that the parameter it is made on stands for. */
function releasedHere({ graph }: Walk, site: Site, here: Here): readonly Resource[] {
  const all = lifecycleOf(graph).releasedAt(site);
  const { f } = site.call;
  const value = f.k === 'member' ? f.o : f;
  if (all.length < 2) return all;
  const things = actualThings(graph, value, here.ref, here.callers);
  const own = all.filter((each) => things?.includes(graph.program.flow.things[each.id] ?? NOTHING));
  if (own.length > 0) return own;
  return inList(graph, itemsAround(graph, site, here.items, here.callers), all, resourceIs(graph));
}

/** What the call runs in this run. */
function targetsHere({ graph }: Walk, site: Site, here: Here): readonly CallEdge[] {
  const all = graph.edgesOf(site).filter((each) => INLINED.has(each.kind));
  if (all.filter((each) => each.kind === 'call').length < 2) return all;
  const { f } = site.call;
  const things = actualThings(graph, f.k === 'member' ? f.o : f, here.ref, here.callers);
  const own = things && all.filter((each) => things.some((thing) => isOf(graph, each.to, thing)));
  if (own?.length) return own;
  return inList(graph, itemsAround(graph, site, here.items, here.callers), all, edgeIs(graph));
}

/** One call that releases several resources: the items of a list, one by one. */
function walkReleases(
  walk: Walk,
  step: Step & { s: 'call' },
  here: Here,
  site: Site,
  released: readonly Resource[],
): void {
  const { graph } = walk;
  const items = itemsAround(graph, site, here.items, here.callers);
  const { how, positions, isUnsure } = arrange(graph, items, released, resourceIs(graph));
  const sorted = released.map((each, index) => ({ each, at: positions?.[index] ?? index }));
  sorted.sort((a, b) => a.at - b.at);
  const waited = here.turns.at(-1)?.waited ?? true;
  inTurn(
    walk,
    here,
    how,
    sorted,
    ({ each }, at) => {
      note(walk, step, at, site, [each]);
      if (waited) walk.tick += 1;
    },
    () => ({ waited, ...(isUnsure ? { isUnsure } : {}) }),
  );
}

function walkTargets(walk: Walk, site: Site, all: readonly CallEdge[], here: Here): void {
  const { graph } = walk;
  const edges = all.filter((each) => !walk.stack.includes(functionKey(each.to)));
  if (walk.stack.length > MAX_DEPTH || edges.length === 0) return;
  const items = itemsAround(graph, site, here.items, here.callers);
  const { how: found, positions, isUnsure } = arrange(graph, items, edges, edgeIs(graph));
  const sorted = edges.map((edge, index) => ({ edge, at: positions?.[index] ?? index }));
  sorted.sort((a, b) => a.at - b.at);
  const how = edges.length === 1 ? 'series' : found;
  const waited = edges.length === 1 || (here.turns.at(-1)?.waited ?? true);
  inTurn(
    walk,
    here,
    how,
    sorted,
    ({ edge }, at) => {
      enter(walk, site, edge, at);
      if (edges.length > 1 && waited && givesPromise(graph, edge.to)) walk.tick += 1;
    },
    () => ({ waited, ...(isUnsure ? { isUnsure } : {}) }),
  );
}

function enter(walk: Walk, site: Site, edge: CallEdge, here: Here): void {
  const { graph } = walk;
  const isList = edge.kind === 'map' || edge.kind === 'each';
  const list = site.call.f.k === 'member' ? site.call.f.o : undefined;
  const how = edge.kind === 'map' || givesPromise(graph, edge.to) ? 'parallel' : 'series';
  walk.frames += 1;
  walk.stack.push(functionKey(edge.to));
  walk.steps(graph.steps(edge.to), {
    ref: edge.to,
    turns: here.turns,
    chain: here.chain,
    frame: walk.frames,
    items:
      isList && list
        ? itemsOf(graph, { list, site, how }, here)
        : passedOn(graph, itemsAround(graph, site, here.items, here.callers), edge),
    awaited: edge.kind === 'executor',
    callers: edge.kind === 'call' ? new Map([...here.callers, [functionKey(edge.to), site]]) : here.callers,
  });
  walk.stack.pop();
}
