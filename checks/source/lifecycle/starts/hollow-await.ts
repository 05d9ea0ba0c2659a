/** Waits for something that is no promise, although the work goes on after it. Used by await-is-promise. */
import { RESOURCE_CATALOGUE } from '../../../../harness/resource-catalogue.ts';
import type { Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Resource, Site, Step } from '../../graph/graph.ts';
import type { Thing } from '../../graph/flow/things.ts';
import { innerSteps } from '../../graph/steps.ts';
import type { TypeOracle } from '../../types/oracle.ts';
import { isStopName, lifecycleOf } from '../lifecycle.ts';

type Row = Resource['row'];

export type Hollow =
  /** A release or a start that says by a callback when it is done. */
  | { how: 'close' | 'listen'; site: Site; noun: string }
  /** The platform's own timer, that of callbacks. */
  | { how: 'timer'; site: Site }
  /** A function that is named and not called. */
  | { how: 'uncalled'; value: Value; at: number };

/** What a function waits for: `hollow` is absent where it is a promise, or may be one. */
export interface Wait {
  site: Site | undefined;
  hollow: Hollow | undefined;
}

/** The waits of a function that are about starts and releases. */
export function waitsIn(graph: Graph, types: TypeOracle, ref: FunctionRef): Wait[] {
  const found: Wait[] = [];
  const visit = (steps: readonly Step[], after: readonly Step[]): void =>
    steps.forEach((step, position) => {
      const rest = [...steps.slice(position + 1), ...after];
      if (step.s === 'wait') found.push(...ofValue(graph, ref, step));
      if (step.s === 'call' && (step.taken === 'awaited' || step.taken === 'chained'))
        found.push(...ofCall(graph, types, step, rest));
      for (const inner of innerSteps(step)) visit(inner, rest);
    });
  visit(graph.steps(ref), []);
  return found;
}

/** `await server.close;`: the method, and not what a call of it gives. */
function ofValue(graph: Graph, ref: FunctionRef, step: Step & { s: 'wait' }): Wait[] {
  const things = graph.valueThings(step.value, ref);
  const isFunction = (each: Thing): boolean =>
    each.t === 'function' || each.t === 'class' || (each.t === 'method' && isOfResource(graph, each.of));
  if (things.length === 0 || !things.every(isFunction)) return [];
  return [{ site: undefined, hollow: { how: 'uncalled', value: step.value, at: step.at } }];
}

const isOfResource = (graph: Graph, id: number): boolean => graph.program.flow.things[id]?.t === 'resource';

function ofCall(graph: Graph, types: TypeOracle, step: Step & { s: 'call' }, rest: readonly Step[]): Wait[] {
  const site = graph.site(step.call);
  if (!site || site.call.isNew) return [];
  const hollow = hollowOf(graph, types, site, rest);
  if (hollow === 'other') return [];
  return [{ site, hollow }];
}

function typesSay(graph: Graph, types: TypeOracle, site: Site): boolean | undefined {
  const { start, end } = site.call;
  return types.isPromise({ file: graph.program.files[site.file]?.path ?? '', start, end });
}

function hollowOf(
  graph: Graph,
  types: TypeOracle,
  site: Site,
  rest: readonly Step[],
): Hollow | undefined | 'other' {
  const things = graph.things(site.callee);
  if (things.length > 0 && things.every(isTimer)) return { how: 'timer', site };
  const { f } = site.call;
  if (lifecycleOf(graph).givesPromise(site) || f.k !== 'member') return isAboutWork(graph, site);
  const opened = graph.resources.find((each) => each.site.id === site.id);
  if (opened)
    return opensByCallback(opened.row) ? unlessCarriedOn(graph, 'listen', site, opened.row, rest) : 'other';
  const rows = rowsBehind(graph, site);
  const [row] = rows;
  if (!row) return ofUnseen(graph, types, site, f.p);
  if (rows.every((each) => each.closes.includes(f.p))) {
    const byCallback = rows.every(
      (each) =>
        each.releaseReturns === 'callback' &&
        !each.closesByPromise?.includes(f.p) &&
        !each.closesSync?.includes(f.p) &&
        !f.p.startsWith('@@'),
    );
    return byCallback ? unlessCarriedOn(graph, 'close', site, row, rest) : undefined;
  }
  if (!rows.every((each) => each.startedBy?.includes(f.p))) return 'other';
  const byCallback = rows.every((each) => startsByCallback(each, f.p));
  return byCallback ? unlessCarriedOn(graph, 'listen', site, row, rest) : undefined;
}

/** A subject, and in order, when it opens or releases something; otherwise none of our business. */
const isAboutWork = (graph: Graph, site: Site): undefined | 'other' =>
  lifecycleOf(graph).opens(site) || lifecycleOf(graph).releases(site) ? undefined : 'other';

/** The rows of all that the method can be of; none when something else is among it. */
function rowsBehind(graph: Graph, site: Site): Row[] {
  const owners =
    site.base === undefined ? [] : graph.things(site.base).filter((each) => each.t !== 'promise');
  const rows = owners.flatMap((each) => (each.t === 'resource' ? [each.row] : []));
  return rows.length === owners.length ? rows : [];
}

const startsByCallback = (row: Row, name: string): boolean =>
  row.kind === 'server' && row.releaseReturns === 'callback' && !row.startPromises?.includes(name);

const opensByCallback = (row: Row): boolean =>
  row.kind === 'server' && row.releaseReturns === 'callback' && !row.opensPromise;

/** A callback is given, and nothing stands behind the wait that could come too early. */
function unlessCarriedOn(
  graph: Graph,
  how: 'close' | 'listen',
  site: Site,
  row: Row,
  rest: readonly Step[],
): Hollow | undefined {
  const carriesOn = graph
    .edgesOf(site)
    .some((each) => each.kind === 'after' || each.kind === 'listen' || each.kind === 'drop');
  const last = !rest.some(
    (each) => each.s !== 'return' && each.s !== 'jump' && each.s !== 'let' && each.s !== 'store',
  );
  return carriesOn && last ? undefined : { how, site, noun: row.noun };
}

const isTimer = (each: Thing): boolean =>
  each.t === 'external' &&
  each.from === 'global' &&
  /^(setTimeout|setInterval|setImmediate)$/.test(each.path);

/** Of what the flow knows nothing of, the types may know which server it is. */
function ofUnseen(graph: Graph, types: TypeOracle, site: Site, name: string): Hollow | undefined | 'other' {
  if (graph.edgesOf(site).length > 0) return isAboutWork(graph, site);
  if (!isStopName(name)) return 'other';
  if (graph.things(site.callee).some((each) => each.t !== 'external')) return 'other';
  if (typesSay(graph, types, site) !== false) return 'other';
  const { start, end } = site.call;
  const type = types.classOf({ file: graph.program.files[site.file]?.path ?? '', start, end });
  const row = RESOURCE_CATALOGUE.find(
    (each) =>
      each.releaseReturns === 'callback' &&
      each.closes.includes(name) &&
      each.opens.some((opening) => opening === `${type?.from} ${type?.name}`),
  );
  return row ? { how: 'close', site, noun: row.noun } : 'other';
}
