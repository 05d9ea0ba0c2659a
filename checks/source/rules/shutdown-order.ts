import type { Graph } from '../graph/graph.ts';
import { isCall, type CallMoment } from '../lifecycle/shutdown/moment.ts';
import {
  judgeRelease,
  type Doubt,
  type Judgement,
  type OrderFault,
} from '../lifecycle/shutdown/release-order.ts';
import { shutdownRoots } from '../lifecycle/shutdown/roots.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = OrderFault['messageId'];

const rankOf = (judgement: Judgement | undefined): number =>
  judgement?.fault ? 2 : judgement?.doubt ? 1 : 0;

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
          const found = judgeRelease(graph, moments, used);
          const known = judged.get(used.site.id);
          if (found && rankOf(found) >= rankOf(known)) judged.set(used.site.id, found);
        }
    for (const each of judged.values()) report(graph, each, examine);
  },
});

function report(graph: Graph, { used, fault, doubt }: Judgement, examine: Examine<MessageId>): void {
  const examination = examine(callSubject(graph, used.site));
  if (!fault) {
    if (doubt) examination.unknown(doubtText(graph, used, doubt));
    else examination.pass();
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

function doubtText(graph: Graph, used: CallMoment, { resource, user, release }: Doubt): string {
  const { noun } = user.row;
  return (
    `whether ${used.site.call.text}() releases the ${resource.row.noun} in ${enclosing(graph, used.ref)} after ` +
    `${release.site.call.text}() has released the ${noun} that uses it is not known: both are in a list whose order or ` +
    'parts cannot be followed; write the list out in one place, in the order of the start, and stop it in reverse'
  );
}
