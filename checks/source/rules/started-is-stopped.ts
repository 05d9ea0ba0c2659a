import { closingHooks, type ClosingHooks } from '../lifecycle/starts/dead-hooks.ts';
import { startedSubsystems, type Started } from '../lifecycle/starts/never-stopped.ts';
import { hasShutdown } from '../lifecycle/lifecycle.ts';
import { rootsPath } from '../lifecycle/releases/released.ts';
import type { Graph } from '../graph/graph.ts';
import { defineRule, type Examination } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'stopNeverCalled' | 'stopUnreached' | 'hooksNeverRun';

export default defineRule<MessageId>({
  id: 'started-is-stopped',
  title: 'what the start starts, the shutdown stops',
  why: 'A stop that nobody calls stops nothing: consumers take messages from a service that is going down, loops work on what is closed.',
  fix: 'call the stop in the shutdown, or let the framework run the hook',
  messages: {
    stopNeverCalled:
      '{start}() is called by the start in {where}, and {stop}(), which would end it, is called by nobody; call it in the shutdown',
    stopUnreached:
      '{start}() is called by the start in {where}, and {stop}(), which would end it, only in {caller}, which no shutdown handler reaches; call it in the shutdown',
    hooksNeverRun:
      'the {noun} made in {where} has hooks for its end ({hooks}) that nothing runs: no shutdown closes it; {remedy}',
  },
  check({ graph, examine }) {
    for (const each of closingHooks(graph)) {
      // A server that is never closed is told by resource-released.
      const isServer = !each.makesModules && graph.resources.some((one) => one.id === each.application);
      if (!each.run && isServer) continue;
      judgeHooks(graph, each, examine(callSubject(graph, each.site)));
    }
    // Without a shutdown there is nothing to judge by; that it is missing is said by signal-handled.
    if (!hasShutdown(graph)) return;
    for (const each of startedSubsystems(graph))
      judgeStop(graph, each, examine(callSubject(graph, each.site)));
  },
});

function judgeHooks(graph: Graph, each: ClosingHooks, examination: Examination<MessageId>): void {
  if (each.run) {
    examination.pass();
    return;
  }
  const names = each.hooks.map((hook) => graph.nameOf(hook));
  const hooks = names.slice(0, 3).join(', ') + (names.length > 3 ? `, and ${names.length - 3} more` : '');
  const remedy = each.makesModules
    ? 'call enableShutdownHooks() on it, or await its close() in the shutdown'
    : 'await its close() in the shutdown';
  const path = each.hooks.slice(0, 3).map((hook) => ({
    location: graph.locate(hook.file, graph.function(hook).at),
    note: `${graph.nameOf(hook)} is never run`,
  }));
  examination.fail(
    'hooksNeverRun',
    { noun: each.noun, where: enclosing(graph, each.site), hooks, remedy },
    path,
  );
}

function judgeStop(graph: Graph, each: Started, examination: Examination<MessageId>): void {
  const { start, stop, caller, unseen, site } = each;
  if (each.is === 'stopped') {
    examination.pass();
    return;
  }
  const data = { start: graph.nameOf(start.fn), stop: graph.nameOf(stop.fn), where: enclosing(graph, site) };
  if (unseen) {
    const { file, line } = graph.locateCall(unseen);
    examination.unknown(
      `${data.start}: ${unseen.call.text}() at ${file}:${line} may stop it, but what it is called on is not known`,
    );
    return;
  }
  const path = [
    { location: graph.locateCall(site), note: `${data.start}() is called here` },
    ...(caller ? [{ location: graph.locateCall(caller), note: `${data.stop}() is called only here` }] : []),
    ...rootsPath(graph).map((one) => ({ ...one, note: 'the shutdown begins here, and does not stop it' })),
  ];
  if (caller) examination.fail('stopUnreached', { ...data, caller: enclosing(graph, caller) }, path);
  else examination.fail('stopNeverCalled', data, path);
}
