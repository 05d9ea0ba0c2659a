import { functionKey, type Graph, type Resource } from '../graph/graph.ts';
import { isExit } from '../lifecycle/exits/exits.ts';
import { boundOf, deadlinesOf, type Deadline } from '../lifecycle/shutdown/deadlines.ts';
import { isCall, type CallMoment } from '../lifecycle/shutdown/moment.ts';
import { rootsTogether, shutdownRoots, type ShutdownRoot } from '../lifecycle/shutdown/roots.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'noDeadline' | 'armedLate' | 'timerHolds';

export default defineRule<MessageId>({
  id: 'shutdown-deadline',
  title: 'what the shutdown waits for without a limit is under a deadline',
  why: 'One client that keeps its connection, or one job that hangs, keeps the process until the orchestrator kills it: in the middle of a write, without a word in the log.',
  fix: 'before the first wait, arm a timer that logs and forces the exit (and unref it), or race the wait against a timer',
  messages: {
    noDeadline:
      '{callee}() in {where} waits for {what} without a limit, and nothing ends the shutdown when that takes too long{more}; arm a timer that forces the exit before it',
    armedLate:
      '{timer}() in {where} is to force the exit, and is armed only after {callee}(), which waits for {what} without a limit; arm it before',
    timerHolds:
      '{timer}() in {where} keeps the process alive after the shutdown is done, and then ends it as if it had failed; unref the timer, or clear it at the end',
  },
  check({ graph, examine }) {
    const judged = new Set<number>();
    for (const root of shutdownRoots(graph)) {
      const deadlines = rootsTogether(graph, root).flatMap((each) =>
        deadlinesOf(graph, each).map((one) => (each === root ? one : { ...one, moment: undefined })),
      );
      judgeWaits(graph, root, deadlines, judged, examine);
      for (const each of deadlinesOf(graph, root)) judgeTimer(graph, root, each, judged, examine);
    }
  },
});

const WAITS_FOR: Record<string, string> = {
  server: 'open connections',
  queue: 'running jobs',
  thread: 'running work',
  database: 'connections in use',
  telemetry: 'what is still to be sent',
};

const waitsFor = (resource: Resource): string => WAITS_FOR[resource.row.kind] ?? 'what is under way';

function judgeWaits(
  graph: Graph,
  root: ShutdownRoot,
  deadlines: readonly Deadline[],
  judged: Set<number>,
  examine: Examine<MessageId>,
): void {
  const open: { wait: CallMoment; resource: Resource }[] = [];
  for (const wait of root.moments.filter(isCall)) {
    const resource = wait.released.find((each) => each.row.waitsWithoutLimit && isAsync(graph, wait, each));
    if (!resource || judged.has(wait.site.id)) continue;
    judged.add(wait.site.id);
    if (boundOf(graph, root.moments, deadlines, wait, resource))
      examine(callSubject(graph, wait.site)).pass();
    else open.push({ wait, resource });
  }
  const [first, ...others] = open;
  if (!first) return;
  const late = deadlines.find((each) => each.moment && each.how !== 'race' && !each.only);
  const data = {
    callee: first.wait.site.call.text,
    what: waitsFor(first.resource),
    where: enclosing(graph, first.wait.ref),
    timer: late?.site.call.text ?? '',
    more: others.length === 0 ? '' : ` (nor when one of ${others.length} more does)`,
  };
  const at = late ? late.site : first.wait.site;
  judged.add(at.id);
  examine(callSubject(graph, at)).fail(late ? 'armedLate' : 'noDeadline', data, [
    ...graph.shutdownPath(first.wait.ref),
    ...open.map(({ wait, resource }) => ({
      location: graph.locateCall(wait.site),
      note: `${wait.site.call.text}() waits for ${waitsFor(resource)}`,
    })),
  ]);
}

const isAsync = (graph: Graph, wait: CallMoment, resource: Resource): boolean =>
  graph.program.releases.some(
    (each) => each.site === wait.site.id && each.resource === resource.id && !each.sync,
  );

/** A timer that forces the exit of a shutdown that otherwise ends by itself. */
function judgeTimer(
  graph: Graph,
  root: ShutdownRoot,
  deadline: Deadline,
  judged: Set<number>,
  examine: Examine<MessageId>,
): void {
  const { site } = deadline;
  if (deadline.how !== 'exit' || judged.has(site.id) || !graph.shutdown.has(functionKey(site))) return;
  judged.add(site.id);
  const timer = graph.program.openings.find((each) => each.site === site.id)?.resource;
  const isCleared =
    timer === undefined ||
    graph.program.unrefs.has(timer) ||
    graph.program.releases.some((each) => each.resource === timer);
  const endsItself = root.moments.some((each) => isCall(each) && isExit(graph, each.site));
  const examination = examine(callSubject(graph, site));
  if (isCleared || endsItself || root.registration.helper !== undefined) examination.pass();
  else
    examination.fail('timerHolds', { timer: site.call.text, where: enclosing(graph, site) }, [
      ...graph.shutdownPath(site),
      { location: graph.locateCall(site), note: "armed here, and neither cleared nor unref'd" },
    ]);
}
