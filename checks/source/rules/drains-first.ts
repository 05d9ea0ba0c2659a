import type { GivenRuntime } from '../given.ts';
import type { Graph } from '../graph/graph.ts';
import { hookedCloses } from '../lifecycle/shutdown/close-cycles.ts';
import { CLOSES_IDLE_SINCE, holdingsOf, plainCloses, type Holding } from '../lifecycle/shutdown/held-open.ts';
import type { Moment } from '../lifecycle/shutdown/moment.ts';
import { tellingOf } from '../lifecycle/shutdown/readiness.ts';
import { shutdownRoots } from '../lifecycle/shutdown/roots.ts';
import { placesOf } from '../lifecycle/traces/places.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'socketsHold' | 'streamsHold' | 'notReadyLate' | 'closeCycle' | 'idleHolds';

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
    idleHolds:
      '{callee}() in {where} waits for idle keep-alive connections on Node {major}, which {words} allows, and nothing ends them; call closeIdleConnections() after it',
    closeCycle:
      '{callee}() in {where} runs inside a close hook of the {noun} and waits for that close, which waits for the hook; leave it out of the hook',
  },
  check({ graph, given, examine }) {
    const judged = new Set<number>();
    for (const { moments } of shutdownRoots(graph)) {
      for (const each of holdingsOf(graph, moments))
        if (!judged.has(each.release.site.id)) {
          judged.add(each.release.site.id);
          judgeHolding(graph, each, examine);
        }
      judgeIdle(graph, moments, given.runtime, judged, examine);
      judgeReadiness(graph, moments, judged, examine);
    }
    for (const { close, resource, again } of hookedCloses(graph)) {
      const examination = examine(callSubject(graph, again?.site ?? close));
      if (!again) examination.pass();
      else {
        const where = enclosing(graph, again.ref);
        const data = { callee: again.site.call.text, where, noun: resource.row.noun };
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
  const note = by === 'sockets' ? 'web sockets come in here' : 'an event stream is opened here';
  examination.fail(`${by}Hold`, data, [
    { location: graph.locateCall(opened), note },
    ...graph.shutdownPath(release.ref),
    { location: graph.locateCall(release.site), note: `${data.callee}() waits for them` },
  ]);
}

/** On an old Node, a close waits for connections that nobody uses. */
function judgeIdle(
  graph: Graph,
  moments: readonly Moment[],
  runtime: GivenRuntime | undefined,
  judged: Set<number>,
  examine: Examine<MessageId>,
): void {
  if (!runtime || runtime.oldestMajor >= CLOSES_IDLE_SINCE) return;
  for (const { release, endsIdle } of plainCloses(graph, moments)) {
    if (judged.has(release.site.id)) continue;
    judged.add(release.site.id);
    const examination = examine(callSubject(graph, release.site));
    const data = { callee: release.site.call.text, where: enclosing(graph, release.ref) };
    if (endsIdle) examination.pass();
    else
      examination.fail('idleHolds', { ...data, major: runtime.oldestMajor, words: runtime.words }, [
        ...graph.shutdownPath(release.ref),
        { location: graph.locateCall(release.site), note: `${data.callee}() waits for them` },
        { location: runtime.location, note: runtime.words },
      ]);
  }
}

/** Readiness is told before the first server closes, or at least one store of it is. */
function judgeReadiness(
  graph: Graph,
  moments: readonly Moment[],
  judged: Set<number>,
  examine: Examine<MessageId>,
): void {
  const told = tellingOf(graph, moments);
  if (!told || judged.has(-1 - told.at)) return;
  judged.add(-1 - told.at);
  const { close, moment } = told;
  const location = graph.locate(moment.ref.file, told.at);
  const place = placesOf(graph).text(told.place);
  const examination = examine({
    subject: `${location.file} ${graph.nameOf(moment.ref)}: ${place}`,
    location,
  });
  if (!told.isLate) examination.pass();
  else
    examination.fail('notReadyLate', { place, callee: close.site.call.text }, [
      ...graph.shutdownPath(close.ref),
      { location: graph.locateCall(close.site), note: `${close.site.call.text}() stops listening` },
      { location, note: `and only here ${place} says that it is not ready` },
    ]);
}
