import type { Graph } from '../graph/graph.ts';
import { hookedCloses } from '../lifecycle/shutdown/close-cycles.ts';
import { holdingsOf, type Holding } from '../lifecycle/shutdown/held-open.ts';
import { isCall, orderOf, type Moment } from '../lifecycle/shutdown/moment.ts';
import { toldNotReady } from '../lifecycle/shutdown/readiness.ts';
import { shutdownRoots } from '../lifecycle/shutdown/roots.ts';
import { placesOf } from '../lifecycle/traces/places.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'socketsHold' | 'streamsHold' | 'notReadyLate' | 'closeCycle';

export default defineRule<MessageId>({
  id: 'drains-first',
  title: 'the shutdown lets those outside leave before it waits for them',
  why: 'A server waits for every connection: one open event stream or web socket holds each deploy until the deadline or the kill, and traffic goes on coming where readiness still says yes.',
  fix: 'say not ready, end event streams and web sockets, then close the server, then release the rest',
  messages: {
    socketsHold:
      '{callee}() in {where} waits until the last web socket of {opened}() has left, and nothing on the shutdown path ends them; terminate wss.clients before it',
    streamsHold:
      '{callee}() in {where} waits until the last event stream has left (they are opened in {opened}), and nothing ends them before it; end them first',
    notReadyLate:
      '{place} is what the readiness route looks at, and it is set only after {callee}() has begun; set it first, so that traffic goes elsewhere',
    closeCycle:
      '{callee}() in {where} runs inside a close hook of the {noun} and waits for that close, which waits for the hook; leave it out of the hook',
  },
  check({ graph, examine }) {
    const judged = new Set<number>();
    for (const { moments } of shutdownRoots(graph)) {
      for (const each of holdingsOf(graph, moments))
        if (!judged.has(each.release.site.id)) {
          judged.add(each.release.site.id);
          judgeHolding(graph, each, examine);
        }
      judgeReadiness(graph, moments, judged, examine);
    }
    for (const { close, resource, again } of hookedCloses(graph)) {
      const examination = examine(callSubject(graph, again?.site ?? close));
      if (!again) examination.pass();
      else {
        const data = {
          callee: again.site.call.text,
          where: enclosing(graph, again.ref),
          noun: resource.row.noun,
        };
        examination.fail('closeCycle', data, [
          { location: graph.locateCall(close), note: `${close.call.text}() runs its hooks` },
          ...again.chain.map((each) => ({ location: graph.locateCall(each), note: `${each.call.text}()` })),
          { location: graph.locateCall(again.site), note: 'which waits for the same close' },
        ]);
      }
    }
  },
});

function judgeHolding(
  graph: Graph,
  { release, by, opened, holds }: Holding,
  examine: Examine<MessageId>,
): void {
  const examination = examine(callSubject(graph, release.site));
  if (!holds) {
    examination.pass();
    return;
  }
  const data = {
    callee: release.site.call.text,
    where: enclosing(graph, release.ref),
    opened: by === 'sockets' ? opened.call.text : enclosing(graph, opened),
  };
  examination.fail(by === 'sockets' ? 'socketsHold' : 'streamsHold', data, [
    {
      location: graph.locateCall(opened),
      note: by === 'sockets' ? 'web sockets come in here' : 'an event stream is opened here',
    },
    ...graph.shutdownPath(release.ref),
    { location: graph.locateCall(release.site), note: `${data.callee}() waits for them` },
  ]);
}

/** Readiness is told before the first server closes, or at least one store of it is. */
function judgeReadiness(
  graph: Graph,
  moments: readonly Moment[],
  judged: Set<number>,
  examine: Examine<MessageId>,
): void {
  const told = toldNotReady(graph, moments);
  const close = moments.filter(isCall).find((each) => each.released.some((one) => one.row.kind === 'server'));
  const [first] = told;
  if (!close || !first || first.moment.step.s !== 'store') return;
  const { at } = first.moment.step;
  if (judged.has(-1 - at)) return;
  judged.add(-1 - at);
  const location = graph.locate(first.moment.ref.file, at);
  const place = placesOf(graph).text(first.place);
  const examination = examine({
    subject: `${location.file} ${graph.nameOf(first.moment.ref)}: ${place}`,
    location,
  });
  const isLate = told.every(({ moment }) => ['before', 'overlaps'].includes(orderOf(moments, close, moment)));
  if (!isLate) examination.pass();
  else
    examination.fail('notReadyLate', { place, callee: close.site.call.text }, [
      ...graph.shutdownPath(close.ref),
      { location: graph.locateCall(close.site), note: `${close.site.call.text}() stops listening` },
      { location, note: `and only here ${place} says that it is not ready` },
    ]);
}
