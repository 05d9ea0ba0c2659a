import { closingsIn, exchangeCloses, takesOne } from '../lifecycle/releases/closing.ts';
import { createFailing } from '../lifecycle/releases/failing.ts';
import { functionKey, type Graph, type Resource } from '../graph/graph.ts';
import { leftOut } from '../lifecycle/releases/left-out.ts';
import { elsewherePath, fateOf, openPath, rootsPath, type Fate } from '../lifecycle/releases/released.ts';
import { callsOutlast } from '../lifecycle/releases/calls-in-flight.ts';
import { defineRule, type Examine, type Examination } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';
import type { TypeOracle } from '../types/oracle.ts';

type MessageId =
  | 'neverClosed'
  | 'closeUnreachable'
  | 'handleLost'
  | 'oneOfMany'
  | 'someLeftOut'
  | 'skipsOthers'
  | 'failFast'
  | 'callsOutlast';

export default defineRule<MessageId>({
  id: 'exchange-closed',
  title: 'every exchange that is opened is closed by itself on the shutdown path',
  why: 'An exchange that stays open holds sockets and calls in flight: the exit waits for their timeouts, or orders are cut off half way.',
  fix: 'keep every exchange in one place, and close each in the shutdown in a try/catch of its own that logs',
  messages: {
    neverClosed: 'the exchange opened in {where} is never closed; await exchange.close() in the shutdown',
    closeUnreachable:
      'the exchange opened in {where} is closed in {closed}, which no shutdown handler reaches; call it there',
    handleLost:
      'the handle of the exchange opened in {where} is {lost}, so nothing can close it; keep it and close it in the shutdown',
    oneOfMany:
      'of the exchanges opened in {where} only one is closed, by {callee}(); go over all of them and close each',
    someLeftOut:
      '{callee}() in {where} closes some of the exchanges and leaves out: {which}; go over all that are open',
    skipsOthers:
      'when {callee}() fails in {where}, {next}() is skipped and those exchanges stay open; give each close its own try/catch',
    failFast:
      'Promise.all in {where} goes on at the first exchange that fails to close, while the others still close; guard each, or use Promise.allSettled',
    callsOutlast:
      'a call of the exchange opened in {where} may take {seconds} s, and close() does not end it: the exit waits for it, while {words} leaves {limit} s; set a shorter timeout',
  },
  check({ graph, types, given, examine }) {
    for (const resource of graph.resources) {
      if (resource.row.kind !== 'exchange') continue;
      const examination = examine(callSubject(graph, resource.site));
      const outlasts = callsOutlast(resource, given.unit);
      const where = enclosing(graph, resource.site);
      if (outlasts) examination.fail('callsOutlast', { where, ...outlasts }, openPath(graph, resource));
      else judgeFate(graph, resource, fateOf(graph, types, resource, where), examination);
    }
    judgeGuards(graph, types, examine);
  },
});

function judgeFate(graph: Graph, resource: Resource, fate: Fate, examination: Examination<MessageId>): void {
  const where = enclosing(graph, resource.site);
  const path = openPath(graph, resource);
  if (fate.is === 'unknown') examination.unknown(fate.reason);
  else if (fate.is === 'lost') examination.fail('handleLost', { where, lost: fate.how }, path);
  else if (fate.is === 'unreachable')
    examination.fail('closeUnreachable', { where, closed: enclosing(graph, fate.by) }, [
      ...path,
      elsewherePath(graph, fate.by),
    ]);
  else if (fate.is === 'never') examination.fail('neverClosed', { where }, [...path, ...rootsPath(graph)]);
  else {
    const [only] = fate.by;
    if (only && fate.by.every((each) => takesOne(graph, resource, each)))
      examination.fail('oneOfMany', { where, callee: only.call.text }, [
        ...path,
        { location: graph.locateCall(only), note: `${only.call.text}() closes one of them` },
      ]);
    else examination.pass();
  }
}

/** Each call of the shutdown that closes an exchange: does its failure keep another one open? */
function judgeGuards(graph: Graph, types: TypeOracle, examine: Examine<MessageId>): void {
  const failing = createFailing(graph);
  const closes = exchangeCloses(graph);
  const left = new Map(leftOut(graph, types, closes).map((each) => [each.site, each.which]));
  for (const [site, which] of left)
    examine(callSubject(graph, site)).fail(
      'someLeftOut',
      { callee: site.call.text, where: enclosing(graph, site), which },
      [...graph.shutdownPath(site), { location: graph.locateCall(site), note: 'this closes some of them' }],
    );
  graph.program.files.forEach((file, index) => {
    for (const fn of file.facts.functions) {
      const ref = { file: index, fn: fn.id };
      if (fn.kind === 'module' || !graph.shutdown.has(functionKey(ref))) continue;
      for (const { site, skips, failFast } of closingsIn(graph, failing, ref, closes)) {
        if (left.has(site)) continue;
        const examination = examine(callSubject(graph, site));
        const where = enclosing(graph, ref);
        if (failFast) examination.fail('failFast', { where }, graph.shutdownPath(ref));
        else if (skips)
          examination.fail('skipsOthers', { where, callee: site.call.text, next: skips.call.text }, [
            ...graph.shutdownPath(ref),
            { location: graph.locateCall(site), note: `${site.call.text}() can fail here` },
            { location: graph.locateCall(skips), note: `${skips.call.text}() is then skipped` },
          ]);
        else examination.pass();
      }
    }
  });
}
