import { functionKey } from '../graph/graph.ts';
import { placesOf } from '../lifecycle/traces/places.ts';
import { repeatPath, startedResources, type StartedResource } from '../lifecycle/starts/starting.ts';
import { defineRule } from '../rule.ts';
import { callSubject } from '../subject.ts';

export default defineRule({
  id: 'start-idempotent',
  title: 'a second start opens nothing a second time',
  why: 'A start that is called twice, or by two callers at once, leaves two timers, jobs or connections behind, and the stop knows one of them.',
  fix: 'keep the promise of the start and return it (`this.started ??= this.open()`), or set a flag before the first await',
  messages: {
    opensAgain:
      'a second call of {start}() opens a second {noun}: nothing that it checks says that the first is there; return early when {place} is set, or release the old one first',
    checkThenAwait:
      '{start}() looks at {place} and awaits before it sets it, so two calls close together open two of: {noun}; keep the promise of the start (`??=`), or set a flag before the first await',
  },
  check({ graph, examine }) {
    const told = new Set<string>();
    for (const [first, ...others] of bySite(startedResources(graph))) {
      if (!first) continue;
      const all = [first, ...others];
      const worst =
        all.find((each) => each.repeat.how === 'again') ??
        all.find((each) => each.repeat.how === 'race') ??
        all.find((each) => each.repeat.how === 'unknown') ??
        first;
      const { repeat, member, resource } = worst;
      // One check that comes too late is told once, whatever is opened behind it.
      if (repeat.how === 'race') {
        const cause = `${functionKey(member.fn)} ${repeat.place}`;
        if (told.has(cause)) continue;
        told.add(cause);
      }
      const examination = examine(callSubject(graph, resource.site));
      const place =
        'place' in repeat && repeat.place ? placesOf(graph).text(repeat.place) : 'a field that keeps it';
      const data = { start: graph.nameOf(member.fn), noun: resource.row.noun, place };
      if (repeat.how === 'again') examination.fail('opensAgain', data, repeatPath(graph, worst));
      else if (repeat.how === 'race') examination.fail('checkThenAwait', data, repeatPath(graph, worst));
      else if (repeat.how === 'unknown')
        examination.unknown(
          `whether a second ${data.start}() opens a second ${data.noun} depends on ${repeat.call.call.text}(), of which nothing is known`,
        );
      else examination.pass();
    }
  },
});

function bySite(all: readonly StartedResource[]): StartedResource[][] {
  const found = new Map<number, StartedResource[]>();
  for (const each of all)
    found.set(each.resource.site.id, [...(found.get(each.resource.site.id) ?? []), each]);
  return [...found.values()];
}
