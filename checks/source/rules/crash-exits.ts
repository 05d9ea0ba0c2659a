import { crashHandlers, type CrashHandler } from '../lifecycle/crash/crash-handlers.ts';
import { survivingLoggers } from '../lifecycle/crash/surviving-loggers.ts';
import type { Graph } from '../graph/graph.ts';
import { defineRule, type Examination } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'crashSurvived' | 'crashNotTold' | 'loggerSurvives';

export default defineRule<MessageId>({
  id: 'crash-exits',
  title: 'a crash is logged and ends the process',
  why: 'With a handler for them, Node neither prints an uncaught error nor ends: a half-dead process stays behind the load balancer, or one dies without a word.',
  fix: 'log the error, run the shutdown under a deadline, and exit with a code other than 0; without such a handler Node prints the error and ends by itself',
  messages: {
    crashSurvived:
      'the handler of {event} in {where} lets the process go on after the crash, in a state that nobody knows; log the error, then end the process through the shutdown with a code other than 0',
    crashNotTold:
      'the handler of {event} in {where} ends the process without a word about the error, and Node prints nothing once there is a handler; log the error it is given',
    loggerSurvives:
      '{callee}() in {where} takes uncaught errors and lets the process go on (exitOnError is false); leave exitOnError out',
  },
  check({ graph, examine }) {
    const all = crashHandlers(graph);
    for (const each of all) judge(graph, all, each, examine(callSubject(graph, each.site)));
    for (const { site, catching } of survivingLoggers(graph))
      examine(callSubject(graph, site)).fail(
        'loggerSurvives',
        { callee: site.call.text, where: enclosing(graph, site) },
        [
          { location: graph.locateCall(catching), note: 'uncaught errors are taken here' },
          { location: graph.locateCall(site), note: 'the logger that does not end the process' },
        ],
      );
  },
});

function judge(
  graph: Graph,
  all: readonly CrashHandler[],
  crash: CrashHandler,
  examination: Examination<MessageId>,
): void {
  const data = { event: crash.event, where: enclosing(graph, crash.handlers[0] ?? crash.site) };
  const path = [{ location: graph.locateCall(crash.site), note: `the handler of ${crash.event}` }];
  const others = all.filter(
    (each) => each !== crash && crash.events.every((event) => each.events.includes(event)),
  );
  const endsElsewhere = others.some((each) => each.ends);
  if (!crash.ends && crash.unseen && !endsElsewhere)
    examination.unknown(
      `${crash.event}: ${crash.unseen.call.text}() may end the process, but what it is is not known`,
    );
  else if (!crash.ends && !endsElsewhere) examination.fail('crashSurvived', data, path);
  else if (!crash.tells && !isToldElsewhere(graph, others)) examination.fail('crashNotTold', data, path);
  else examination.pass();
}

/** Another handler of the same event says what happened. */
function isToldElsewhere(graph: Graph, others: readonly CrashHandler[]): boolean {
  return (
    others.some((each) => each.tells) ||
    graph.signals.some((each) => each.events.has('uncaughtExceptionMonitor'))
  );
}
