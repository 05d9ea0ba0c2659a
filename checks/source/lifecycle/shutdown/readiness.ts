/** Where a shutdown says that it is not ready any more: stores to what the readiness route looks at. Asked by drains-first. */
import { eachValueIn } from '../../facts/walk.ts';
import { functionKey, type FunctionRef, type Graph } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { placesOf, touches } from '../traces/places.ts';
import { isCall, orderOf, type CallMoment, type Moment } from './moment.ts';

interface Told {
  moment: Moment;
  /** Where the store stands. */
  at: number;
  place: string;
}

export interface Telling extends Told {
  /** The first close of a server. */
  close: CallMoment;
  isLate: boolean;
}

/** The path of a route is what clients ask for, no name of this code. */
const READY_PATH = /(^|\/)(ready|readyz|readiness|ready-?check|health\/ready|health\/readiness)\/?$/i;
const DEPTH = 3;

const made = new WeakMap<Graph, ReadonlySet<string>>();

/** How a run says that it is not ready, and whether it does so before the first server is closed. */
export function tellingOf(graph: Graph, moments: readonly Moment[]): Telling | undefined {
  const told = toldNotReady(graph, moments);
  const close = moments.filter(isCall).find((each) => each.released.some((one) => one.row.kind === 'server'));
  const [first] = told;
  if (!close || !first) return undefined;
  const isLate = told.every(({ moment }) => ['before', 'overlaps'].includes(orderOf(moments, close, moment)));
  return { ...first, close, isLate };
}

/** The stores of a run that a readiness route would answer differently after. */
function toldNotReady(graph: Graph, moments: readonly Moment[]): Told[] {
  const asked = made.get(graph) ?? placesAsked(graph);
  made.set(graph, asked);
  if (asked.size === 0) return [];
  return moments.flatMap((moment): Told[] => {
    if (moment.step.s !== 'store' || !moment.step.plain) return [];
    const place = placesOf(graph).of(moment.step.target, moment.ref);
    const isAsked = place !== undefined && [...asked].some((each) => touches(each, place));
    return place !== undefined && isAsked ? [{ moment, at: moment.step.at, place }] : [];
  });
}

function placesAsked(graph: Graph): Set<string> {
  const found = new Set<string>();
  const seen = new Set<string>();
  const read = (ref: FunctionRef, depth: number): void => {
    if (depth > DEPTH || seen.has(functionKey(ref))) return;
    seen.add(functionKey(ref));
    for (const each of eachValueIn(graph.function(ref).body))
      if (each.k === 'ref' || each.k === 'member')
        for (const place of placesOf(graph).readBy(each, ref)) if (isState(graph, place)) found.add(place);
    for (const site of lifecycleOf(graph).sitesIn(ref))
      for (const edge of graph.edgesOf(site)) if (edge.kind === 'call') read(edge.to, depth + 1);
  };
  for (const site of graph.program.sites) {
    const [path] = site.call.a;
    if (path?.k !== 'text' || !READY_PATH.test(path.t)) continue;
    for (const edge of graph.edgesOf(site)) if (edge.kind === 'host') read(edge.to, 0);
  }
  return found;
}

/** A field, or a variable of a module, that something stores to more than once. */
const isState = (graph: Graph, place: string): boolean => placesOf(graph).stores(place).length > 0;
