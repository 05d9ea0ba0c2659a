import { worksIn, type Early } from '../lifecycle/starts/early-return.ts';
import { defineRule } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
  id: 'start-awaits-work',
  title: 'an asynchronous start or stop returns when its work is done',
  why: 'Who awaits a start or a stop goes on as if it were done: the next part connects to a server that does not listen yet, the database is closed under requests that still run.',
  fix: 'wrap the callback: `await new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))`, and resolve in the callback, not beside it',
  messages: {
    closeNotWaited:
      '{where} gives a promise that is waited for, and returns before {noun} is closed: {callee}() says so by a callback; wrap it in a promise',
    listenNotWaited:
      '{where} gives a promise that is waited for, and returns before {noun} listens: {callee}() says so by a callback, and a taken port is an `error` event; wrap both in a promise',
    resolvedAtOnce:
      'the promise around {callee}() in {where} is resolved beside the call and not in its callback, so it says nothing about {noun}; hand `resolve` to the callback',
    dropped:
      '{where} is asynchronous and returns before {callee}() is done: its promise is dropped; await it',
  },
  check({ graph, examine }) {
    graph.program.files.forEach((file, index) => {
      for (const fn of file.facts.functions) {
        const ref = { file: index, fn: fn.id };
        for (const { site, early } of worksIn(graph, ref)) {
          const examination = examine(callSubject(graph, site));
          if (!early) {
            examination.pass();
            continue;
          }
          const noun = 'noun' in early ? early.noun : '';
          const data = { where: enclosing(graph, ref), callee: site.call.text, noun };
          const begun = { location: graph.locateCall(site), note: `${site.call.text}() begins here` };
          const waits =
            'caller' in early
              ? [
                  {
                    location: graph.locateCall(early.caller),
                    note: `${early.caller.call.text}() is waited for here`,
                  },
                ]
              : [];
          examination.fail(MESSAGES[early.how], data, [...waits, begun]);
        }
      }
    });
  },
});

const MESSAGES = {
  close: 'closeNotWaited',
  listen: 'listenNotWaited',
  resolved: 'resolvedAtOnce',
  dropped: 'dropped',
} as const satisfies Record<Early['how'], string>;
