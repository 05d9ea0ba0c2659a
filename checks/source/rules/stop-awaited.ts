import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../graph/graph.ts';
import { isStopName, lifecycleOf } from '../lifecycle/lifecycle.ts';
import { givesPromise, isChain, isChainedTo, isLast } from '../lifecycle/releases/waiting.ts';
import { eachStep, innerSteps } from '../graph/steps.ts';
import { UNRESOLVED_BUDGET } from '../lifecycle/releases/unresolved.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';
import type { TypeOracle } from '../types/oracle.ts';

type MessageId = 'notAwaited' | 'forEachAsync' | 'mapNotAwaited' | 'anyHides';

export default defineRule<MessageId>({
  id: 'stop-awaited',
  title: 'every asynchronous stop is awaited before the process ends',
  why: 'What is not awaited is cut off by the exit: writes are lost, jobs are abandoned, and the log says that all went well.',
  fix: 'await each stop (for-of with await, or await Promise.allSettled over a map) before process.exit',
  messages: {
    notAwaited:
      '{callee}() is asynchronous and is not awaited in {where}, so the shutdown goes on without it; await it',
    forEachAsync:
      'forEach in {where} drops the promises of its callback, so nothing waits for the stops; use for-of with await',
    mapNotAwaited:
      'the promises that {callee}() makes in {where} are not awaited; await Promise.allSettled over them',
    anyHides:
      'Promise.{how} in {where} is content with one of the stops and hides the others; use Promise.allSettled',
  },
  check({ graph, types, examine }) {
    const unseen: Site[] = [];
    graph.program.files.forEach((file, index) => {
      for (const fn of file.facts.functions) {
        const ref = { file: index, fn: fn.id };
        if (fn.kind === 'module' || !graph.shutdown.has(functionKey(ref))) continue;
        judgeSteps({ graph, types, examine, unseen, ref }, graph.steps(ref), []);
      }
    });
    const [first] = unseen;
    if (first && unseen.length > UNRESOLVED_BUDGET)
      examine({ subject: 'stops of unknown type', location: graph.locateCall(first) }).unknown(
        `${unseen.length} stops on the shutdown path are not awaited, and whether they are asynchronous is not known (${first.call.text}() is the first); install the dependencies so that their types are there`,
      );
  },
});

interface Judging {
  graph: Graph;
  types: TypeOracle;
  examine: Examine<MessageId>;
  /** Stops of which neither the code nor the types say whether they are asynchronous. */
  unseen: Site[];
  ref: FunctionRef;
}

function judgeSteps(judging: Judging, steps: readonly Step[], after: readonly Step[]): void {
  steps.forEach((step, position) => {
    const rest = [...steps.slice(position + 1), ...after];
    if (step.s === 'call') judgeCall(judging, step, rest);
    if (step.s === 'group') judgeGroup(judging, step);
    const following = step.s === 'finally' ? [...step.after, ...rest] : rest;
    for (const inner of innerSteps(step)) judgeSteps(judging, inner, following);
  });
}

function judgeGroup({ graph, examine, ref }: Judging, step: Step & { s: 'group' }): void {
  const site = graph.site(step.call);
  if (!site || (step.how !== 'any' && step.how !== 'race')) return;
  const stops = [...eachStep(step.items)].flatMap((each) =>
    each.s === 'call' ? (graph.site(each.call) ?? []) : [],
  );
  const releasing = stops.filter((each) => lifecycleOf(graph).releases(each));
  if (releasing.length === 0) return;
  const examination = examine(callSubject(graph, site));
  // One stop against a timer is a deadline.
  const several =
    releasing.length > 1 || graph.edgesOf(releasing[0] ?? site).some((each) => each.kind === 'map');
  if (several)
    examination.fail('anyHides', { how: step.how, where: enclosing(graph, ref) }, graph.shutdownPath(ref));
  else examination.pass();
}

function judgeCall(judging: Judging, step: Step & { s: 'call' }, rest: readonly Step[]): void {
  const { graph, examine, ref } = judging;
  const site = graph.site(step.call);
  if (!site || isChain(site)) return;
  const data = { callee: step.call.text, where: enclosing(graph, ref) };
  const edges = graph.edgesOf(site).filter((each) => givesPromise(graph, each.to));
  const lists = edges.filter((each) => each.kind === 'each' || each.kind === 'map');
  const lifecycle = lifecycleOf(graph);
  if (lists.length > 0 && lifecycle.releases(site)) {
    const examination = examine(callSubject(graph, site));
    const waited = step.taken !== 'awaited' && [...lifecycle.fates(site)].some((each) => each !== 'dropped');
    if (lists.some((each) => each.kind === 'each'))
      examination.fail('forEachAsync', data, graph.shutdownPath(ref));
    else if (waited) examination.pass();
    else examination.fail('mapNotAwaited', data, graph.shutdownPath(ref));
    return;
  }
  const async = isAsyncStop(judging, site, step);
  if (!async && !lifecycle.releases(site)) return;
  const examination = examine(callSubject(graph, site));
  // What is returned is the concern of whoever calls this function.
  if (!async || step.taken === 'returned') {
    examination.pass();
    return;
  }
  const fates = lifecycle.fates(site);
  const waited =
    ['awaited', 'returned', 'used', 'chained'].includes(step.taken) &&
    [...fates].some((each) => each !== 'dropped' && each !== 'handled');
  // What is chained to the stop runs after it.
  const later = rest.filter((each) => each.s !== 'call' || !isChainedTo(each.call, step.call));
  const nothingWaits = isLast(graph, ref, later, new Set());
  if (waited || fates.has('awaited') || nothingWaits) examination.pass();
  else examination.fail('notAwaited', data, graph.shutdownPath(ref));
}

/** The project and the catalogue say so; for a stop of an unknown thing that nobody takes, the types are asked. */
function isAsyncStop({ graph, types, unseen }: Judging, site: Site, step: Step & { s: 'call' }): boolean {
  if (lifecycleOf(graph).givesPromise(site)) return true;
  const { f, start, end } = site.call;
  if (step.taken !== 'dropped' || f.k !== 'member' || !isStopName(f.p) || graph.edgesOf(site).length > 0)
    return false;
  if (graph.things(site.callee).some((each) => each.t === 'method')) return false;
  const file = graph.program.files[site.file]?.path ?? '';
  const answer = types.isPromise({ file, start, end });
  if (answer === undefined) unseen.push(site);
  return answer === true;
}
