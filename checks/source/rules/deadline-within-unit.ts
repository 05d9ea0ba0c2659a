import type { GivenUnit } from '../given.ts';
import type { Graph } from '../graph/graph.ts';
import { deadlinesOf, type Deadline } from '../lifecycle/shutdown/deadlines.ts';
import { numberOf } from '../lifecycle/shutdown/numbers.ts';
import { raceDeadlines } from '../lifecycle/shutdown/races.ts';
import { shutdownRoots } from '../lifecycle/shutdown/roots.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'longerThanUnit';

// A deadline whose number the source does not say is no subject: nobody could write it so that this rule sees it. Where such
// silence must not go unnoticed, `rules.mustHaveSubjects` makes it `unknown`.
export default defineRule<MessageId>({
  id: 'deadline-within-unit',
  needs: ['unit'],
  title: 'the deadline of the shutdown is shorter than what the unit allows',
  why: 'The unit kills the process before its own deadline comes: nothing is flushed, nothing is logged, and the deadline was written in vain.',
  fix: 'make the deadline shorter than TimeoutStopSec (or the grace period), with a second or more to spare, or raise that',
  messages: {
    longerThanUnit:
      'the deadline of {seconds} s in {where} is not shorter than {words} in {file}: the process is killed first; shorten it or raise the other',
  },
  check({ graph, given, examine }) {
    const [shortest] = [...(given.unit ?? [])].sort((a, b) => a.stopWithinMs - b.stopWithinMs);
    if (!shortest) return;
    const judged = new Set<number>();
    for (const root of shutdownRoots(graph))
      for (const each of [...deadlinesOf(graph, root), ...raceDeadlines(graph, root.moments)]) {
        if (judged.has(each.site.id)) continue;
        judged.add(each.site.id);
        judge(graph, each, shortest, examine);
      }
  },
});

function judge(graph: Graph, { site, limit }: Deadline, unit: GivenUnit, examine: Examine<MessageId>): void {
  if (!limit) return;
  const ms = 'ms' in limit ? limit.ms : numberOf(graph, limit.value, limit.ref);
  if (ms === undefined) return;
  const examination = examine(callSubject(graph, site));
  if (ms < unit.stopWithinMs) {
    examination.pass();
    return;
  }
  const { file } = unit.location;
  const data = { seconds: ms / 1000, where: enclosing(graph, site), words: unit.words, file };
  examination.fail('longerThanUnit', data, [
    ...graph.shutdownPath(site),
    { location: graph.locateCall(site), note: `ends the shutdown after ${ms / 1000} s` },
    {
      location: unit.location,
      note: `${unit.words}: the process is killed after ${unit.stopWithinMs / 1000} s`,
    },
  ]);
}
