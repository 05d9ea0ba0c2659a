/** Calls of which the callee is not known: counted, shown, and a reason for `unknown` only where they matter. */
import type { ResourceRow } from '../../../../harness/resource-catalogue.ts';
import type { TypeOracle } from '../../types/oracle.ts';
import { functionKey, type Graph, type Site } from '../../graph/graph.ts';

/**
 * How many unresolved calls that could matter to a rule are tolerated and only counted. More of them, and the rule says
 * `unknown` once: so much was not seen that silence means nothing.
 */
export const UNRESOLVED_BUDGET = 5;

/** Nothing is known to arrive at the callee, or not all that can arrive there. */
export function isUnresolved(graph: Graph, site: Site): boolean {
  if (site.call.f.k === 'super') return false;
  return (
    leadsAnywhere(graph, site) || (graph.edgesOf(site).length === 0 && graph.things(site.callee).length === 0)
  );
}

/** More can be called here than is followed. */
export function leadsAnywhere(graph: Graph, site: Site): boolean {
  return graph.program.flow.isFull(site.callee);
}

export function unresolvedIn(graph: Graph, reached: ReadonlyMap<string, unknown>): Site[] {
  return graph.program.sites.filter((site) => reached.has(functionKey(site)) && isUnresolved(graph, site));
}

/** A call on the shutdown path that may be the release of such a resource: its name fits, and its type does not speak against it. */
export function possibleRelease(graph: Graph, types: TypeOracle, row: ResourceRow): Site | undefined {
  return unresolvedIn(graph, graph.shutdown).find((site) => {
    const { f, start, end } = site.call;
    if (f.k !== 'member' || !row.closes.includes(f.p)) return false;
    const type = types.classOf({ file: graph.program.files[site.file]?.path ?? '', start, end });
    return type === undefined || row.opens.some((each) => each.split(' ')[0] === type.from);
  });
}

/** One line for the summary; nothing when every call was resolved. */
export function unresolvedNotes(graph: Graph): string[] {
  const reached = new Map([...graph.start, ...graph.shutdown]);
  const all = graph.program.sites.filter((site) => reached.has(functionKey(site)));
  const open = all.filter((site) => isUnresolved(graph, site));
  if (open.length === 0) return [];
  const named = [...new Set(open.map((each) => each.call.text))].slice(0, 5).join(', ');
  return [
    `${open.length} of ${all.length} calls reached from start or shutdown lead where the analysis does not see (${named}${open.length > 5 ? ', ...' : ''})`,
  ];
}
