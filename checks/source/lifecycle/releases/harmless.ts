/** Resources that may be left to the end of the process, or end by themselves. Used by resource-released. */
import { functionKey, type Graph, type Resource } from '../../graph/graph.ts';
import { isLatched } from './latched.ts';
import { repeatedIn } from './repeated.ts';

/**
 * What the end of the process does away with matters only where it adds up, or where nothing ends the process while it
 * is open.
 */
export function endsBeside(graph: Graph, resource: Resource, exitsByCall: boolean): boolean {
  const { endsWithProcess, keepsProcessAlive } = resource.row;
  const addsUp = repeatedIn(graph).has(resource.site) && !isLatched(graph, resource.site);
  if (!endsWithProcess || addsUp) return false;
  return !keepsProcessAlive || exitsByCall;
}

/** A child process of one call, which nobody keeps: a command that ends by itself. */
export function isCommand(graph: Graph, resource: Resource): boolean {
  const { flow } = graph.program;
  const kept = flow.keepers(resource.id).some((each) => !each.name.startsWith('@'));
  return resource.row.kind === 'process' && !kept && !graph.start.has(functionKey(resource.site));
}
