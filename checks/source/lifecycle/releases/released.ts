/** What becomes of an opened resource: which release reaches it, or why none does. Used by resource-released and exchange-closed. */
import type { ResourceKind } from '../../../../harness/resource-catalogue.ts';
import type { PathStep } from '../../../../harness/verdict.ts';
import type { TypeOracle } from '../../types/oracle.ts';
import { findsNothing } from './cleared.ts';
import { beginsShutdown } from '../../graph/reach.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import { hasShutdown } from '../lifecycle.ts';
import { isHeld, isOverwritten, isUsing, releasedWhereOpened } from './holders.ts';
import { possibleRelease } from './unresolved.ts';

export type Fate =
  | { is: 'released'; by: Site[] }
  | { is: 'lost'; how: string }
  | { is: 'unreachable'; by: Site }
  | { is: 'never' }
  | { is: 'unknown'; reason: string; because?: string };

const BORROWED: ReadonlySet<ResourceKind> = new Set<ResourceKind>(['connection', 'file', 'lock']);

/** Where it begins to live: the call that starts it, or the one that makes it. */
export const begunAt = (resource: Resource): Site => resource.starts[0] ?? resource.site;

export function fateOf(graph: Graph, types: TypeOracle, opened: Resource, where: string): Fate {
  const releases = opened.releases.filter((each) => !findsNothing(graph, opened, each));
  const resource = { ...opened, releases };
  const what = `${resource.row.noun} opened in ${where}`;
  const local = releasedWhereOpened(graph, resource);
  const reached = resource.releases.filter((each) => graph.shutdown.has(functionKey(each)));
  const safe =
    resource.unref ||
    resource.handedOver === 'helper' ||
    local ||
    isUsing(graph, resource) ||
    releasedByItsCall(graph, resource);
  if (!safe && isOverwritten(graph, resource))
    return { is: 'lost', how: 'overwritten before it is released' };
  if (safe || reached.length > 0) return { is: 'released', by: reached };
  if (!hasShutdown(graph))
    return {
      is: 'unknown',
      reason: `${what}: there is no shutdown path that could release it; see signal-handled`,
      because: 'signal-handled',
    };
  const unseen = possibleRelease(graph, types, resource.row);
  if (unseen) {
    const { file, line } = graph.locateCall(unseen);
    return {
      is: 'unknown',
      reason: `${what}: ${unseen.call.text}() at ${file}:${line} may release it, but what it is called on is not known`,
    };
  }
  const [elsewhere] = resource.releases;
  // Taken for one use and given back by whoever used it: the shutdown has nothing to do with it.
  // So is what a request or a connection opens for itself: it is released when that is over.
  const isForUse = BORROWED.has(resource.row.kind) || !graph.start.has(functionKey(begunAt(resource)));
  if (elsewhere && isForUse && graph.live.has(functionKey(elsewhere)))
    return { is: 'released', by: [elsewhere] };
  if (elsewhere) return { is: 'unreachable', by: elsewhere };
  if (!resource.row.noHandle && !isHeld(graph, resource)) return { is: 'lost', how: 'not kept' };
  if (resource.handedOver === 'library')
    return { is: 'unknown', reason: `${what} is given to a library; whether that releases it is not known` };
  return { is: 'never' };
}

/** Opened by a call of the running service and released by the same call: a query with a socket and a timeout of its own. */
function releasedByItsCall(graph: Graph, resource: Resource): boolean {
  if (graph.start.has(functionKey(resource.site))) return false;
  const own = outermost(graph, resource.site);
  return resource.releases.some(
    (each) =>
      own !== 0 &&
      each.file === resource.site.file &&
      outermost(graph, each) === own &&
      graph.live.has(functionKey(each)),
  );
}

/** The function of the module, or the method, in which a function is written. */
export function outermost(graph: Graph, ref: FunctionRef): number {
  let fn = graph.function(ref);
  while (fn.parent !== undefined && fn.parent !== 0) {
    const parent = graph.function({ file: ref.file, fn: fn.parent });
    if (parent.kind === 'fields' || parent.kind === 'statics') break;
    fn = parent;
  }
  return fn.id;
}

export function openPath(graph: Graph, resource: Resource): PathStep[] {
  const begun = begunAt(resource);
  const made = { location: graph.locateCall(resource.site), note: `${resource.row.noun} made here` };
  if (begun.id === resource.site.id) return [{ ...made, note: `${resource.row.noun} opened here` }];
  return [made, { location: graph.locateCall(begun), note: `opened here by ${begun.call.text}()` }];
}

/** A release that is written and that no shutdown root reaches. */
export function elsewherePath(graph: Graph, by: Site): PathStep {
  return {
    location: graph.locateCall(by),
    note: `released here by ${by.call.text}(), which no shutdown root reaches`,
  };
}

/** Where the shutdown begins, from which nothing leads to a release. */
export function rootsPath(graph: Graph): PathStep[] {
  const [first, ...others] = graph.signals
    .filter((each) => beginsShutdown(graph.program, each))
    .flatMap((each) => graph.program.sites[each.site] ?? []);
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and at ${others.length} more places)`;
  const note = `the shutdown begins here${more}; no release on any path from it`;
  return [{ location: graph.locateCall(first), note }];
}
