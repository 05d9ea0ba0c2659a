import type { Graph } from '../graph/graph.ts';
import {
  handlersOf,
  isGated,
  startMoments,
  takesTime,
  useIn,
  type Moment,
  type StartMoments,
} from '../lifecycle/starts/listen-order.ts';
import { defineRule } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
  id: 'listen-last',
  title: 'the server listens, and the service says that it is ready, after what it needs is open',
  why: 'From the moment on in which a server listens requests arrive, and those that come before the database is there fail; a supervisor that hears "ready" too early sends them all.',
  fix: 'open what the handlers use, then listen, then tell that the service is ready (process.send, sd_notify) in the callback of listen or after its promise',
  messages: {
    handlersTooEarly:
      '{server} listens before {noun} is open, which its handlers use ({use}() in {where}): requests that come at once fail; move the listen behind {opener}()',
    readyTooEarly:
      '{callee}() tells that the service is ready before {later}() has opened {noun}; tell it when all is open and the server listens',
  },
  check({ graph, examine }) {
    const start = startMoments(graph);
    const { moments } = start;
    const servers = new Set(
      moments.flatMap((each) => (each.what === 'listens' ? (each.resource?.id ?? []) : [])),
    );
    const seen = new Set<number>();
    moments.forEach((moment, position) => {
      if (moment.what === 'opens' || seen.has(moment.site.id)) return;
      seen.add(moment.site.id);
      const later = moments
        .slice(position + 1)
        .filter((each) => takesTime(each) && (each.group === 0 || each.group !== moment.group));
      const examination = examine(callSubject(graph, moment.site));
      if (moment.what === 'ready') {
        const [first] = later;
        if (!first?.resource) examination.pass();
        else
          examination.fail(
            'readyTooEarly',
            { callee: moment.site.call.text, later: first.site.call.text, noun: first.resource.row.noun },
            [step(graph, moment, 'told here'), step(graph, first, `${first.resource.row.noun} opened here`)],
          );
        return;
      }
      const early = neededLater(graph, start, moment, later, servers.size);
      if (!early) examination.pass();
      else
        examination.fail(
          'handlersTooEarly',
          {
            server: moment.resource?.row.noun ?? 'the server',
            noun: early.opened.resource?.row.noun ?? '',
            use: early.use.call.text,
            where: enclosing(graph, early.use),
            opener: early.opened.site.call.text,
          },
          [
            step(graph, moment, 'requests arrive from here on'),
            { location: graph.locateCall(early.use), note: 'a handler uses it here' },
            step(graph, early.opened, `${early.opened.resource?.row.noun ?? ''} opened here`),
          ],
        );
    });
  },
});

const step = (graph: Graph, { site }: Moment, note: string) => ({ location: graph.locateCall(site), note });

function neededLater(
  graph: Graph,
  start: StartMoments,
  { resource }: Moment,
  later: readonly Moment[],
  servers: number,
) {
  const handlers = resource && handlersOf(graph, resource, servers);
  if (!handlers) return undefined;
  for (const opened of later) {
    if (opened.what !== 'opens' || !opened.resource) continue;
    const use = useIn(graph, handlers, opened.resource);
    if (use && !isGated(graph, handlers, start, start.moments.indexOf(opened))) return { opened, use };
  }
  return undefined;
}
