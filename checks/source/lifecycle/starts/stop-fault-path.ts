/** Where a fault of a stop shows, and what leads to it. Used by stop-safe. */
import type { Location, PathStep } from '../../../../harness/verdict.ts';
import type { Graph } from '../../graph/graph.ts';
import { placesOf } from '../traces/places.ts';
import type { StopFault } from './stopping.ts';
import type { Member } from '../subsystems.ts';

/** Where a fault shows. */
export function faultPlace(graph: Graph, fault: StopFault): Location {
  if (fault.fault === 'released') return graph.locateCall(fault.site);
  return graph.locate(fault.ref.file, fault.at);
}

export function faultPath(graph: Graph, member: Member, fault: StopFault): PathStep[] {
  const called = {
    location: graph.locate(member.fn.file, graph.function(member.fn).at),
    note: `${graph.nameOf(member.fn)} can be called before the start, and twice`,
  };
  const here = faultPlace(graph, fault);
  if (fault.fault === 'released')
    return [
      { location: graph.locateCall(fault.resource.site), note: `${fault.resource.row.noun} opened here` },
      called,
      { location: here, note: `${fault.site.call.text}() fails when it was called before` },
    ];
  const text = placesOf(graph).text(fault.place);
  if (fault.fault === 'throws') return [called, { location: here, note: `throws, depending on ${text}` }];
  const filled = {
    location: graph.locate(fault.filled.ref.file, fault.filled.at),
    note: `${text} is set here only`,
  };
  return [filled, called, { location: here, note: `${text} is taken to be there` }];
}
