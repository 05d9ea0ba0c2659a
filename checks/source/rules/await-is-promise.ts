import { functionKey } from '../graph/graph.ts';
import { placesOf } from '../lifecycle/traces/places.ts';
import { waitsIn, type Hollow } from '../lifecycle/starts/hollow-await.ts';
import { defineRule } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
  id: 'await-is-promise',
  title: 'what a start or a stop waits for is a promise',
  why: 'To await what is no promise is to wait for nothing: the next step runs while the server still has connections, or before it has its port, and a try around it never sees the failure.',
  fix: 'wrap the callback in a promise: `await new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())))`, or `await once(server, "listening")`',
  messages: {
    closeByCallback:
      'await {callee}() in {where} waits for nothing: the close of {noun} says by a callback when it is done; wrap it in a promise',
    listenByCallback:
      'await {callee}() in {where} waits for nothing: {noun} says by a callback when it listens, and its failure is an `error` event; wrap both in a promise',
    timerByCallback:
      'await {callee}() in {where} waits for nothing: the global {callee} takes a callback and gives a handle; use the one of node:timers/promises',
    notCalled:
      'await {callee} in {where} waits for the function itself, which is not called; add the parentheses',
  },
  check({ graph, types, examine }) {
    graph.program.files.forEach((file, index) => {
      for (const fn of file.facts.functions) {
        const ref = { file: index, fn: fn.id };
        const key = functionKey(ref);
        if (!graph.start.has(key) && !graph.shutdown.has(key)) continue;
        const where = enclosing(graph, ref);
        for (const { site, hollow } of waitsIn(graph, types, ref)) {
          if (hollow?.how === 'uncalled') {
            const callee = placesOf(graph).text(placesOf(graph).of(hollow.value, ref) ?? 'the function');
            const location = graph.locate(index, hollow.at);
            examine({ subject: `${file.path} ${graph.nameOf(ref)}: await ${callee}`, location }).fail(
              'notCalled',
              {
                callee,
                where,
              },
            );
          } else if (site) {
            const examination = examine(callSubject(graph, site));
            if (!hollow) examination.pass();
            else
              examination.fail(
                MESSAGES[hollow.how],
                { callee: site.call.text, where, noun: 'noun' in hollow ? hollow.noun : '' },
                graph.shutdownPath(ref),
              );
          }
        }
      }
    });
  },
});

const MESSAGES = {
  close: 'closeByCallback',
  listen: 'listenByCallback',
  timer: 'timerByCallback',
} as const satisfies Record<Exclude<Hollow['how'], 'uncalled'>, string>;
