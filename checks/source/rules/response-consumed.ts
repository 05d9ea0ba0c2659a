import { responsesIn, type Response } from '../lifecycle/responses/responses.ts';
import type { Graph } from '../graph/graph.ts';
import { defineRule, type Examination } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
  id: 'response-consumed',
  title: 'the body of every response is read or let go',
  why: 'A body that nobody reads keeps its connection taken until the garbage collector comes by: under load the pool runs empty, requests wait for ever, and the shutdown waits with them.',
  fix: 'read the body on every path, or let it go: `await response.body?.cancel()` of fetch, `await body.dump()` of undici',
  messages: {
    neverRead:
      'the body of the response to {callee}() in {where} is never read, so its connection stays taken; {letGo} when you do not need it',
    leftUnread:
      'the body of the response to {callee}() in {where} is left unread where the function {leaves}, so its connection stays taken; {letGo} before',
  },
  check({ graph, examine }) {
    for (const each of responsesIn(graph)) judge(graph, each, examine(callSubject(graph, each.site)));
  },
});

const LEAVES = { return: 'returns', throw: 'throws', end: 'goes on' } as const;

function judge(
  graph: Graph,
  { site, left }: Response,
  examination: Examination<'neverRead' | 'leftUnread'>,
): void {
  if (left === undefined) {
    examination.pass();
    return;
  }
  const isFetch = /fetch$/.test(site.call.text);
  const letGo = isFetch ? 'await response.body?.cancel()' : 'await body.dump()';
  const data = { callee: site.call.text, where: enclosing(graph, site), letGo };
  const asked = { location: graph.locateCall(site), note: `${site.call.text}() is asked here` };
  if (left === 'never') examination.fail('neverRead', data, [asked]);
  else
    examination.fail('leftUnread', { ...data, leaves: LEAVES[left.how] }, [
      asked,
      { location: graph.locate(site.file, left.at), note: 'this path ends with the body unread' },
    ]);
}
