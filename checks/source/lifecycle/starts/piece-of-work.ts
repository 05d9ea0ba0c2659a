/** Functions that are called like a start and are one of many pieces of work. Used by the analysis of starts. */
import { functionKey, type Graph } from '../../graph/graph.ts';
import { isStopping, subsystemsOf, type Member } from '../subsystems.ts';
import { placesOf } from '../traces/places.ts';

/**
 * `run(job)`, which the running service is given over and over, each time with what it opens for itself: nothing beside it
 * stops, and the place that it looks at is somebody else's.
 */
export function isPieceOfWork(graph: Graph, member: Member, place: string): boolean {
  if (graph.start.has(functionKey(member.fn)) || graph.function(member.fn).params.length === 0) return false;
  const scope = placesOf(graph).scopeOf(place);
  const isOwn = scope ? scope.file === member.fn.file : place.startsWith(`${member.key}.`);
  const siblings = subsystemsOf(graph).siblings(member);
  return !isOwn && !siblings.some((each) => isStopping(each.name));
}
