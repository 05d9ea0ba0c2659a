import { exitsOfStart, openWhileRunning } from '../lifecycle/exits/exit-order.ts';
import { exitsIn, isExit } from '../lifecycle/exits/exits.ts';
import { exitHandlerWork } from '../lifecycle/exits/exit-handlers.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Site } from '../graph/graph.ts';
import { begunAt } from '../lifecycle/releases/released.ts';
import { endsOrderly, isServing } from '../lifecycle/exits/serving.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'exitBeforeRelease' | 'exitSkipsRelease' | 'exitWhileOpen' | 'asyncExitHandler';

export default defineRule<MessageId>({
  id: 'exit-after-release',
  title: 'the process is ended only after the awaited releases',
  why: 'process.exit stops everything at once: answers are cut off, writes are lost, and connections stay open at the other end.',
  fix: 'await the releases and exit after the last one (in a finally), or set process.exitCode and let the process end by itself',
  messages: {
    exitBeforeRelease:
      '{exit}() in {where} ends the process before {callee}() is done; await it, or exit in its callback',
    exitSkipsRelease:
      '{exit}() in {where} ends the process before {callee}() has run; exit once, after the last release',
    exitWhileOpen:
      '{exit}() in {where} ends the process while the {noun} opened in {opened} is open, past the shutdown; throw instead, or run the shutdown first',
    asyncExitHandler:
      '{callee}() in the exit handler {where} cannot finish: nothing asynchronous runs after exit; do it in the signal handler before the exit',
  },
  check({ graph, examine }) {
    const judged = new Set<number>();
    graph.program.files.forEach((file, index) => {
      for (const fn of file.facts.functions) {
        const ref = { file: index, fn: fn.id };
        if (fn.kind !== 'module' && graph.shutdown.has(functionKey(ref)))
          judgeShutdown(graph, examine, ref, judged);
      }
    });
    judgeStart(graph, examine, judged);
    judgeRunning(graph, examine, judged);
    for (const { site, handler, work } of exitHandlerWork(graph)) {
      const examination = examine(callSubject(graph, site));
      if (!work) examination.pass();
      else
        examination.fail('asyncExitHandler', { callee: work.call.text, where: enclosing(graph, handler) }, [
          { location: graph.locateCall(site), note: 'the exit handler is registered here' },
          { location: graph.locateCall(work), note: `${work.call.text}() begins here and is cut off` },
        ]);
    }
  },
});

/** An exit on the shutdown path. */
function judgeShutdown(
  graph: Graph,
  examine: Examine<MessageId>,
  ref: FunctionRef,
  judged: Set<number>,
): void {
  for (const cut of exitsIn(graph, ref)) {
    if (judged.has(cut.exit.id)) continue;
    judged.add(cut.exit.id);
    const examination = examine(callSubject(graph, cut.exit));
    if (cut.how === 'none') {
      examination.pass();
      continue;
    }
    const data = { exit: cut.exit.call.text, callee: cut.release.call.text, where: enclosing(graph, ref) };
    const here = { location: graph.locateCall(cut.exit), note: `${data.exit}() ends the process here` };
    const release = { location: graph.locateCall(cut.release), note: '' };
    if (cut.how === 'pending')
      examination.fail('exitBeforeRelease', data, [
        ...graph.shutdownPath(ref),
        { ...release, note: `${data.callee}() begins here, and nothing waits for it` },
        here,
      ]);
    else
      examination.fail('exitSkipsRelease', data, [
        ...graph.shutdownPath(ref),
        here,
        { ...release, note: `${data.callee}() is not reached any more` },
      ]);
  }
}

/** An exit that the start comes to. */
function judgeStart(graph: Graph, examine: Examine<MessageId>, judged: Set<number>): void {
  for (const { exit, open } of exitsOfStart(graph)) {
    if (judged.has(exit.id) || graph.shutdown.has(functionKey(exit))) continue;
    judged.add(exit.id);
    const examination = examine(callSubject(graph, exit));
    if (open) failWhileOpen(graph, examination, exit, open);
    else examination.pass();
  }
}

/** An orderly exit out of a route or a job; one that means a failure is the concern of crash-exits. */
function judgeRunning(graph: Graph, examine: Examine<MessageId>, judged: Set<number>): void {
  const open = openWhileRunning(graph);
  for (const site of graph.program.sites) {
    const key = functionKey(site);
    if (!isExit(graph, site) || judged.has(site.id) || !graph.live.has(key)) continue;
    if (graph.start.has(key) || graph.shutdown.has(key)) continue;
    const examination = examine(callSubject(graph, site));
    if (open && endsOrderly(graph, site) && isServing(graph, site))
      failWhileOpen(graph, examination, site, open);
    else examination.pass();
  }
}

function failWhileOpen(
  graph: Graph,
  examination: ReturnType<Examine<MessageId>>,
  exit: Site,
  open: Resource,
): void {
  const begun = begunAt(open);
  const data = {
    exit: exit.call.text,
    where: enclosing(graph, exit),
    noun: open.row.noun,
    opened: enclosing(graph, begun),
  };
  examination.fail('exitWhileOpen', data, [
    { location: graph.locateCall(begun), note: `${open.row.noun} opened here` },
    {
      location: graph.locateCall(exit),
      note: `${exit.call.text}() ends the process here, and no release has run`,
    },
  ]);
}
