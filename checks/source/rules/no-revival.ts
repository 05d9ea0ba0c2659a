import { endlessLoops } from '../lifecycle/revival/endless-loops.ts';
import { rearmingTimers } from '../lifecycle/revival/rearming.ts';
import { reopenings } from '../lifecycle/revival/reopening.ts';
import { rootsPath } from '../lifecycle/releases/released.ts';
import { defineRule } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
  id: 'no-revival',
  title: 'nothing reconnects, forks or arms a timer again once the shutdown has begun',
  why: 'What comes back during the shutdown uses what is closed already, keeps the process alive until it is killed, or leaves a child behind.',
  fix: 'set a flag (or abort a signal) first thing in the shutdown, and ask for it before opening, forking or arming again',
  messages: {
    rearmsAfterStop:
      'the timeout armed in {where} is armed again after a wait: when the shutdown comes meanwhile, its clearTimeout clears the old one; ask for a flag that the shutdown sets before arming it again',
    loopGoesOn:
      'the loop in {where} goes on when the shutdown has begun: nothing that the shutdown changes ends it; ask for a flag or an AbortSignal in its condition',
    retryGoesOn:
      'the loop in {where} tries to open again and again, also when the shutdown has begun; ask for a flag or an AbortSignal before each try',
    opensAgain:
      "the '{event}' listener of the {noun} added in {where} opens it again, also when it was the shutdown that ended it; ask for a flag that the shutdown sets, or take the listener off first",
  },
  check({ graph, examine }) {
    if (graph.shutdown.size === 0) return;
    for (const { timer, late, cleared } of rearmingTimers(graph)) {
      const examination = examine(callSubject(graph, timer.site));
      if (!late) examination.pass();
      else
        examination.fail('rearmsAfterStop', { where: enclosing(graph, timer.site) }, [
          { location: graph.locateCall(cleared), note: 'the shutdown clears the timeout that is armed then' },
          { location: graph.locateCall(timer.site), note: 'armed again here, after a wait' },
        ]);
    }
    for (const { ref, at, kind, ended } of endlessLoops(graph)) {
      const location = graph.locate(ref.file, at);
      const examination = examine({ subject: `${location.file} ${graph.nameOf(ref)}: loop`, location });
      if (ended) examination.pass();
      else
        examination.fail(
          kind === 'work' ? 'loopGoesOn' : 'retryGoesOn',
          { where: enclosing(graph, ref) },
          rootsPath(graph).map((each) => ({
            ...each,
            note: 'the shutdown begins here, and the loop goes on',
          })),
        );
    }
    for (const { site, event, noun, again, checked } of reopenings(graph)) {
      const examination = examine(callSubject(graph, site));
      if (checked) examination.pass();
      else
        examination.fail('opensAgain', { event, noun, where: enclosing(graph, site) }, [
          { location: graph.locateCall(site), note: `called when the ${noun} has ended` },
          { location: graph.locateCall(again), note: 'opened again here' },
        ]);
    }
  },
});
