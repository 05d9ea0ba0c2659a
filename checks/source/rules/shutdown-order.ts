import type { Graph, Resource } from '../graph/graph.ts';
import { isCall, orderOf, type CallMoment, type Moment } from '../lifecycle/shutdown/moment.ts';
import { shutdownRoots } from '../lifecycle/shutdown/roots.ts';
import { usesOf, type Use } from '../lifecycle/shutdown/uses.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'usedFirst' | 'userAtWork' | 'toldTooEarly';

export default defineRule<MessageId>({
  id: 'shutdown-order',
  title: 'what uses something is released before it',
  why: 'Requests and jobs that are still under way find their database closed: they fail, and each deploy shows as a burst of errors.',
  fix: 'await the server, the workers and the timers first, then what they use, and log transports and telemetry last',
  messages: {
    usedFirst:
      '{callee}() releases the {noun} in {where} before {user}() releases the {userNoun} that uses it; release the {userNoun} first',
    userAtWork:
      '{callee}() releases the {noun} in {where} while the {userNoun} that uses it is still at work: nothing has waited for {user}(); await that first',
    toldTooEarly:
      '{callee}() ends the {noun} in {where} before {user}() releases the {userNoun}: what that tells is lost; end it last',
  },
  check({ graph, examine }) {
    const judged = new Map<number, Judgement>();
    for (const { moments } of shutdownRoots(graph))
      for (const used of moments)
        if (isCall(used) && used.released.length > 0) {
          const found = judge(graph, moments, used);
          const known = judged.get(used.site.id);
          if (found && !known?.fault) judged.set(used.site.id, found);
        }
    for (const each of judged.values()) report(graph, each, examine);
  },
});

interface Fault {
  messageId: MessageId;
  resource: Resource;
  user: Resource;
  release: CallMoment;
  use: Use | undefined;
}

interface Judgement {
  used: CallMoment;
  fault?: Fault;
}

const TELLING: ReadonlySet<string> = new Set(['logger', 'telemetry']);

/** Each that uses what is released here; nothing when nobody does. */
function judge(graph: Graph, moments: readonly Moment[], used: CallMoment): Judgement | undefined {
  let isUsed = false;
  for (const resource of used.released)
    for (const [user, releases] of releasesOf(moments)) {
      const use = usesOf(graph).of(user, resource);
      const tells = tellsOfOthers(resource) && !TELLING.has(user.row.kind) && takesTime(user);
      if (!(use || tells) || isOneThing(user, resource) || usesOf(graph).of(resource, user)) continue;
      isUsed = true;
      const fault = faultOf(moments, used, user, releases);
      const messageId = fault && (tells ? 'toldTooEarly' : fault.messageId);
      if (fault && messageId && !(tells && fault.messageId === 'userAtWork'))
        return { used, fault: { messageId, resource, user, release: fault.release, use } };
    }
  return isUsed ? { used } : undefined;
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

/** No release of the user is done before, and one comes after or is still under way. */
function faultOf(
  moments: readonly Moment[],
  used: CallMoment,
  user: Resource,
  releases: readonly CallMoment[],
): { messageId: MessageId; release: CallMoment } | undefined {
  const orders = releases.map((release) => ({ release, order: orderOf(moments, release, used) }));
  if (orders.some((each) => each.order === 'before')) return undefined;
  const late = orders.find(
    (each) => (each.order === 'after' || each.order === 'overlapped') && each.release.tick > used.tick,
  );
  if (late) return { messageId: 'usedFirst', release: late.release };
  const side = orders.find((each) => each.order !== 'apart');
  return side && takesTime(user) ? { messageId: 'userAtWork', release: side.release } : undefined;
}

function report(graph: Graph, { used, fault }: Judgement, examine: Examine<MessageId>): void {
  const examination = examine(callSubject(graph, used.site));
  if (!fault) {
    examination.pass();
    return;
  }
  const { messageId, resource, user, release, use } = fault;
  const data = {
    callee: used.site.call.text,
    noun: resource.row.noun,
    where: enclosing(graph, used.ref),
    user: release.site.call.text,
    userNoun: user.row.noun,
  };
  const uses = use?.how === 'given' ? `is given to the ${data.userNoun} here` : `is used here`;
  examination.fail(messageId, data, [
    ...graph.shutdownPath(used.ref),
    ...(use ? [{ location: graph.locateCall(use.at), note: `the ${data.noun} ${uses}` }] : []),
    { location: graph.locateCall(used.site), note: `${data.callee}() releases it` },
    { location: graph.locateCall(release.site), note: `${data.user}() releases the ${data.userNoun}` },
  ]);
}
