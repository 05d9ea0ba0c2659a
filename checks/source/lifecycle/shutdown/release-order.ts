/** Whether what is released in a shutdown is still used then, by something that is released later. Used by shutdown-order. */
import type { Graph, Resource } from '../../graph/graph.ts';
import { doubtOf, isCall, orderOf, type CallMoment, type Moment } from './moment.ts';
import { usesOf, type Use } from './uses.ts';

export interface OrderFault {
  messageId: 'usedFirst' | 'userAtWork' | 'toldTooEarly';
  resource: Resource;
  user: Resource;
  release: CallMoment;
  use: Use | undefined;
}

/** Which of two comes first in this run is not known. */
export type Doubt = Pick<OrderFault, 'resource' | 'user' | 'release'>;

export interface Judgement {
  used: CallMoment;
  fault?: OrderFault;
  doubt?: Doubt;
}

const TELLING: ReadonlySet<string> = new Set(['logger', 'telemetry']);

/** Each that uses what is released here; nothing when nobody does. */
export function judgeRelease(
  graph: Graph,
  moments: readonly Moment[],
  used: CallMoment,
): Judgement | undefined {
  let isUsed = false;
  let doubt: Doubt | undefined;
  for (const resource of used.released)
    for (const [user, releases] of releasesOf(moments)) {
      const use = usesOf(graph).of(user, resource);
      const tells = tellsOfOthers(resource) && !TELLING.has(user.row.kind) && takesTime(user);
      if (!(use || tells) || isOneThing(user, resource) || usesOf(graph).of(resource, user)) continue;
      isUsed = true;
      const unsure = doubtIn(moments, used, releases, takesTime(user) && !tells);
      if (unsure) {
        doubt ??= { resource, user, release: unsure };
        continue;
      }
      const fault = faultOf(moments, used, user, releases);
      const messageId = fault && (tells ? 'toldTooEarly' : fault.messageId);
      if (fault && messageId && !(tells && fault.messageId === 'userAtWork'))
        return { used, fault: { messageId, resource, user, release: fault.release, use } };
    }
  return isUsed ? { used, ...(doubt ? { doubt } : {}) } : undefined;
}

function releasesOf(moments: readonly Moment[]): Map<Resource, CallMoment[]> {
  const found = new Map<Resource, CallMoment[]>();
  for (const each of moments)
    if (isCall(each))
      for (const resource of each.released) found.set(resource, [...(found.get(resource) ?? []), each]);
  return found;
}

const takesTime = (resource: Resource): boolean => resource.row.releaseReturns !== 'sync';

/** It has something to send at its end; what only measures (an event loop monitor) tells of nobody. */
const tellsOfOthers = (resource: Resource): boolean =>
  resource.row.kind === 'logger' || (resource.row.kind === 'telemetry' && takesTime(resource));

/** One releases the other itself, or both are servers on one port: that is another question. */
const isOneThing = (user: Resource, used: Resource): boolean =>
  user.row.ownsArguments === true || used.row.kind === 'server' || used.row.kind === 'timer';

/** A release of the user of which it is not known whether it is done before; none of the others certainly is. */
function doubtIn(
  moments: readonly Moment[],
  used: CallMoment,
  releases: readonly CallMoment[],
  isWaitedFor: boolean,
): CallMoment | undefined {
  if (releases.some((each) => orderOf(moments, each, used) === 'before')) return undefined;
  return releases.find((each) => {
    const doubt = doubtOf(moments, each, used);
    return doubt === 'unordered' || (doubt === 'parted' && isWaitedFor);
  });
}

/** No release of the user is done before, and one comes after or is still under way. */
function faultOf(
  moments: readonly Moment[],
  used: CallMoment,
  user: Resource,
  releases: readonly CallMoment[],
): { messageId: OrderFault['messageId']; release: CallMoment } | undefined {
  const orders = releases.map((release) => ({ release, order: orderOf(moments, release, used) }));
  if (orders.some((each) => each.order === 'before')) return undefined;
  const late = orders.find(
    (each) => (each.order === 'after' || each.order === 'overlapped') && each.release.tick > used.tick,
  );
  if (late) return { messageId: 'usedFirst', release: late.release };
  const side = orders.find((each) => each.order !== 'apart');
  return side && takesTime(user) ? { messageId: 'userAtWork', release: side.release } : undefined;
}
