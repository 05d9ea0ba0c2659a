import { exchangeCloses, type ExchangeCloses } from '../lifecycle/releases/closing.ts';
import { createFailing, type Failing } from '../lifecycle/releases/failing.ts';
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../graph/graph.ts';
import { carriesRelease, firstRelease, lifecycleOf } from '../lifecycle/lifecycle.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'unguarded' | 'sharedGuard' | 'rethrows' | 'failFast';

/** What surrounds a step, from the inside out. */
type Frame = { s: 'rest' | 'loop'; steps: readonly Step[] } | { s: 'guard'; throws: boolean };

export default defineRule<MessageId>({
  id: 'shutdown-call-guarded',
  title: 'each release on the shutdown path has a guard of its own',
  why: 'One release that fails keeps the others from running: connections stay open and the process hangs or loses data.',
  fix: 'give each release its own try/catch that logs, a .catch, or collect them in Promise.allSettled; do not rethrow before the last',
  messages: {
    unguarded:
      '{callee}() has no guard in {where}; when it fails, {next}() is skipped; put it in a try/catch of its own',
    sharedGuard:
      '{callee}() shares one try with {next}() in {where}; when it fails, the rest of the try is skipped; give each its own try',
    rethrows:
      'the guard of {callee}() in {where} throws again, so {next}() is skipped; log the error there and go on',
    failFast:
      'Promise.{how} in {where} ends at the first release that fails, while the others still run; use Promise.allSettled',
  },
  check({ graph, examine }) {
    const failing = createFailing(graph);
    const closes = exchangeCloses(graph);
    graph.program.files.forEach((file, index) => {
      for (const fn of file.facts.functions) {
        const ref = { file: index, fn: fn.id };
        if (fn.kind !== 'module' && graph.shutdown.has(functionKey(ref)))
          judgeSteps({ graph, failing, closes, examine, ref }, graph.steps(ref), []);
      }
    });
  },
});

interface Judging {
  graph: Graph;
  failing: Failing;
  closes: ExchangeCloses;
  examine: Examine<MessageId>;
  ref: FunctionRef;
}

function judgeSteps(judging: Judging, steps: readonly Step[], outer: readonly Frame[]): void {
  steps.forEach((step, position) => {
    const frames: Frame[] = [{ s: 'rest', steps: steps.slice(position + 1) }, ...outer];
    if (step.s === 'call') judgeCall(judging, step, frames);
    else if (step.s === 'group') judgeGroup(judging, step);
    else if (step.s === 'guard') {
      const throws = step.throws || step.handlers.some((each) => judging.failing.handler(each, judging.ref));
      judgeSteps(judging, step.body, [{ s: 'guard', throws }, ...frames]);
      judgeSteps(judging, step.handler, frames);
    } else if (step.s === 'finally') {
      judgeSteps(judging, step.body, frames);
      judgeSteps(judging, step.after, frames);
    } else if (step.s === 'loop')
      judgeSteps(judging, step.body, [{ s: 'loop', steps: step.body }, ...frames]);
    else if (step.s === 'branch') for (const each of step.branches) judgeSteps(judging, each, frames);
  });
}

function judgeCall(
  { graph, failing, closes, examine, ref }: Judging,
  step: Step & { s: 'call' },
  frames: readonly Frame[],
): void {
  const site = graph.site(step.call);
  if (!site || !(lifecycleOf(graph).releases(site) || carriesRelease(graph, step.call))) return;
  const waited = step.taken === 'awaited' || step.taken === 'returned' || step.taken === 'chained';
  // A promise that nobody waits for skips nothing; whether it is waited for is the concern of stop-awaited.
  if (!waited && lifecycleOf(graph).givesPromise(site)) return;
  const subject = callSubject(graph, site);
  if (!failing.call(site, waited)) {
    examine(subject).pass();
    return;
  }
  // One exchange that keeps another open is the concern of exchange-closed.
  const isExchange = waited && closes.any(site) && closes.only(site);
  const fail = (message: MessageId, next: Site): void => {
    if (isExchange && closes.any(next)) return;
    const data = { callee: step.call.text, next: next.call.text, where: enclosing(graph, ref) };
    examine(subject).fail(message, data, [
      ...graph.shutdownPath(ref),
      { location: graph.locateCall(site), note: `${data.callee}() can fail here` },
      { location: graph.locateCall(next), note: `${data.next}() is then skipped` },
    ]);
  };
  let next: Site | undefined;
  let rethrown = false;
  for (const frame of frames) {
    if (frame.s === 'guard' && !frame.throws) {
      if (next) fail('sharedGuard', next);
      else examine(subject).pass();
      return;
    }
    if (frame.s === 'guard') rethrown = true;
    else next ??= firstRelease(graph, frame.steps);
  }
  if (next) fail(rethrown ? 'rethrows' : 'unguarded', next);
  else examine(subject).pass();
}

function judgeGroup({ graph, failing, closes, examine, ref }: Judging, step: Step & { s: 'group' }): void {
  const site = graph.site(step.call);
  if (!site || step.how === 'race' || step.how === 'any' || !firstRelease(graph, step.items)) return;
  const subject = callSubject(graph, site);
  if (step.how === 'allSettled' || !failing.steps([step], ref)) examine(subject).pass();
  // Exchanges alone are the concern of exchange-closed.
  else if (!closes.nothingElse(step.items))
    examine(subject).fail(
      'failFast',
      { how: step.how, where: enclosing(graph, ref) },
      graph.shutdownPath(ref),
    );
}
