import { droppedCallbacks, goesOnAfterRejections, unguardedIn } from '../lifecycle/callbacks/dropped.ts';
import { functionKey } from '../graph/graph.ts';
import { createFailing } from '../lifecycle/releases/failing.ts';
import { defineRule } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
  id: 'callback-guarded',
  title: 'an asynchronous callback handles its own failure where nobody else does',
  why: 'A timer, an emitter or a server ignores the promise that its callback gives: one rejection is unhandled and ends the process, in the middle of everything else.',
  fix: 'put a try/catch that logs around the whole callback, or end its chain in a catch',
  messages: {
    unguarded:
      '{host} ignores the promise of its callback in {where}: when {callee} rejects, nobody handles it and the process ends; catch it in the callback',
    floating:
      '{callee} is called and left alone in a callback of {host} in {where}: when it rejects, nobody handles it and the process ends; add a catch',
  },
  check({ graph, examine }) {
    const failing = createFailing(graph);
    // Said in one place for the whole process; whether it may go on is the concern of another rule.
    const heard = goesOnAfterRejections(graph);
    const seen = new Set<string>();
    for (const { site, callback, host } of droppedCallbacks(graph)) {
      const key = `${site.id} ${functionKey(callback)}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const unguarded = host === undefined ? undefined : unguardedIn(graph, failing, callback);
      const examination = examine(callSubject(graph, site));
      if (!unguarded || host === undefined || heard) {
        examination.pass();
        continue;
      }
      const { fails, floating } = unguarded;
      const callee = fails ? `${fails.call.text}()` : 'it';
      examination.fail(floating ? 'floating' : 'unguarded', { host, callee, where: enclosing(graph, site) }, [
        { location: graph.locateCall(site), note: `the callback is handed to ${host} here` },
        ...(fails ? [{ location: graph.locateCall(fails), note: `${callee} can reject here` }] : []),
      ]);
    }
  },
});
