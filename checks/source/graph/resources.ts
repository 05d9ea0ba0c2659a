/** The resources that a program opens, with what starts and releases them. Used by the graph. */
import type { ResourceRow } from '../../../harness/resource-catalogue.ts';
import type { Resource } from './graph.ts';
import { functionKey, type CallEdge, type Program, type Site } from './flow/program.ts';
import { hasOption } from './flow/options.ts';
import { reach } from './reach.ts';
import type { NodeId, ThingId } from './flow/things.ts';

/** A timeout whose callback comes back to the function that set it. */
function isRearmed(
  site: Site,
  from: ReadonlyMap<string, CallEdge[]>,
  bySite: ReadonlyMap<number, CallEdge[]>,
): boolean {
  const callbacks = (bySite.get(site.id) ?? []).map((each) => each.to);
  return site.fn !== 0 && reach(callbacks, from, () => true).has(functionKey(site));
}

/** The options and what is handed over make it the resource that the row describes. */
function isMeant(program: Program, site: Site, row: ResourceRow): boolean {
  const { onlyWithOption, unlessOption } = row;
  if (onlyWithOption && ![onlyWithOption].flat().some((each) => hasOption(site, each))) return false;
  if (unlessOption && [unlessOption].flat().some((each) => hasOption(site, each))) return false;
  const { onlyHolding } = row;
  return !onlyHolding || site.args.some((each) => holds(program, each, onlyHolding, 0));
}

/** One of these was made and put into the argument: into a list, under a name. */
function holds(program: Program, node: NodeId, names: readonly string[], depth: number): boolean {
  const { flow } = program;
  return [...flow.thingsAt(node)].some((id) => {
    const thing = flow.things[id];
    if (thing?.t === 'external')
      return names.includes(`${thing.from} ${thing.path}`.replace(/\(\)$/, '').trim());
    const isContainer = thing?.t === 'object' || thing?.t === 'array';
    return isContainer && depth < 3 && holds(program, flow.field(id, '*'), names, depth + 1);
  });
}

/** Resources of the catalogue that live code opens. */
export function collectResources(
  program: Program,
  live: ReadonlySet<string>,
  from: ReadonlyMap<string, CallEdge[]>,
  bySite: ReadonlyMap<number, CallEdge[]>,
): Resource[] {
  const sitesOf = (calls: readonly { site: number; resource: ThingId }[], id: ThingId): Site[] =>
    calls.flatMap((each) => (each.resource === id ? (program.sites[each.site] ?? []) : []));
  return program.openings.flatMap((opening): Resource[] => {
    const site = program.sites[opening.site];
    if (!site || !live.has(functionKey(site))) return [];
    const starts = sitesOf(program.starts, opening.resource);
    if (opening.row.startedBy && starts.length === 0) return [];
    if (opening.row.onlyWhenRearmed && !isRearmed(site, from, bySite)) return [];
    if (!isMeant(program, site, opening.row)) return [];
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
