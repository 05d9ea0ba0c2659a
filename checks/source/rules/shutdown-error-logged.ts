import { createFailing, type Failing } from '../lifecycle/releases/failing.ts';
import { caughtIn, settledIn } from '../lifecycle/releases/failures.ts';
import { functionKey, type FunctionRef, type Graph } from '../graph/graph.ts';
import { defineRule, type Examine } from '../rule.ts';
import { enclosing } from '../subject.ts';

type MessageId = 'emptyCatch' | 'silentCatch' | 'settledUnread';

export default defineRule<MessageId>({
  id: 'shutdown-error-logged',
  title: 'a release that fails during the shutdown is heard of',
  why: 'A failure that nobody hears of comes back as lost data or a hanging deploy, and the log of the shutdown says that all went well.',
  fix: 'log the error with the name of what did not stop; swallow only what means "already gone", after a look at error.code, and rethrow or log the rest',
  messages: {
    emptyCatch:
      'the failure of {callee}() is swallowed in {where}: the handler is empty; log the error, or swallow only the code that means "already gone"',
    silentCatch:
      'the failure of {callee}() ends silently in {where}: the handler tells nobody; log the error there',
    settledUnread:
      'Promise.allSettled in {where} hides which releases failed: nobody reads its results; log those that were rejected',
  },
  check({ graph, examine }) {
    const failing = createFailing(graph, { trustAwaits: true });
    graph.program.files.forEach((file, index) => {
      for (const fn of file.facts.functions) {
        const ref = { file: index, fn: fn.id };
        if (fn.kind !== 'module' && graph.shutdown.has(functionKey(ref)))
          judgeFunction({ graph, failing, examine, ref });
      }
    });
  },
});

interface Judging {
  graph: Graph;
  failing: Failing;
  examine: Examine<MessageId>;
  ref: FunctionRef;
}

function judgeFunction({ graph, failing, examine, ref }: Judging): void {
  const where = enclosing(graph, ref);
  for (const { failed, at, told, empty } of caughtIn(graph, failing, ref)) {
    const location = graph.locate(ref.file, at);
    const callee = failed.call.text;
    const subject = `${location.file} ${graph.nameOf(ref)}: failure of ${callee}()`;
    const examination = examine({ subject, location });
    if (told === 'told') examination.pass();
    else if (told === 'unknown')
      examination.unknown(`what handles the failure of ${callee}() in ${where} cannot be followed`);
    else
      examination.fail(empty ? 'emptyCatch' : 'silentCatch', { callee, where }, [
        ...graph.shutdownPath(ref),
        { location: graph.locateCall(failed), note: `${callee}() can fail here` },
        { location, note: 'and its failure ends here' },
      ]);
  }
  for (const { failed, site, read } of settledIn(graph, failing, ref)) {
    const location = graph.locateCall(site);
    const subject = `${location.file} ${graph.nameOf(ref)}: results of Promise.allSettled`;
    const examination = examine({ subject, location });
    const note = `${failed.call.text}() can fail here, and the result is dropped`;
    if (read) examination.pass();
    else
      examination.fail('settledUnread', { where }, [
        ...graph.shutdownPath(ref),
        { location: graph.locateCall(failed), note },
      ]);
  }
}
