/** The resources that a program opens, with what starts and releases them. Used by the graph. */
import type { Resource } from './graph.ts';
import { functionKey, type CallEdge, type Program, type Site } from './program.ts';
import { reach } from './reach.ts';
import type { ThingId } from './things.ts';

/** A timeout whose callback comes back to the function that set it. */
function isRearmed(
  site: Site,
  from: ReadonlyMap<string, CallEdge[]>,
  bySite: ReadonlyMap<string, CallEdge[]>,
): boolean {
  const callbacks = (bySite.get(String(site.id)) ?? []).map((each) => each.to);
  return site.fn !== 0 && reach(callbacks, from, () => true).has(functionKey(site));
}

/** Resources of the catalogue that live code opens. */
export function collectResources(
  program: Program,
  live: ReadonlySet<string>,
  from: ReadonlyMap<string, CallEdge[]>,
  bySite: ReadonlyMap<string, CallEdge[]>,
): Resource[] {
  const sitesOf = (calls: readonly { site: number; resource: ThingId }[], id: ThingId): Site[] =>
    calls.flatMap((each) => (each.resource === id ? (program.sites[each.site] ?? []) : []));
  return program.openings.flatMap((opening): Resource[] => {
    const site = program.sites[opening.site];
    if (!site || !live.has(functionKey(site))) return [];
    const starts = sitesOf(program.starts, opening.resource);
    if (opening.row.startedBy && starts.length === 0) return [];
    if (opening.row.onlyWhenRearmed && !isRearmed(site, from, bySite)) return [];
    return [
      {
        id: opening.resource,
        row: opening.row,
        site,
        starts,
        releases: sitesOf(program.releases, opening.resource),
        unref: program.unrefs.has(opening.resource),
        handedOver: program.handedOver.get(opening.resource),
      },
    ];
  });
}
