import { functionKey, type FunctionRef, type Graph, type Registration, type Site } from '../graph/graph.ts';
import { isAtStart, siteOf } from '../lifecycle/handlers.ts';
import { rerunOf, type Harm, type Rerun } from '../lifecycle/starts/reentry.ts';
import { defineRule, type Examination, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'runsTwice' | 'flagAfterAwait';

// A handler that is registered with `once` and gets the same signal again is no finding: the default action of the second
// signal ends the process, which is what a second signal may do.
export default defineRule<MessageId>({
  id: 'signal-reentrant',
  title: 'two signals run the shutdown once',
  why: 'An orchestrator that waits too long, or a second Ctrl-C, sends another signal: what is closed a second time throws in the middle of the first shutdown.',
  fix: 'keep the promise of the shutdown and return it to the second call, or set a flag before the first await; a second signal may force the exit',
  messages: {
    runsTwice:
      'a second signal runs {callee}() again while the first is at work, and {does}; keep the promise of the first run, or set a flag before anything is awaited',
    flagAfterAwait:
      '{place} is looked at before an await, and set to what is looked for after it, so a second signal passes the check as well; set it before the first await',
  },
  check({ graph, examine }) {
    for (const registration of graph.signals) {
      const site = siteOf(graph, registration);
      if (!site) continue;
      if (registration.helper !== undefined) examine(callSubject(graph, site)).pass();
      else if (isStopSignal(registration) && isAtStart(graph, registration))
        judge(graph, site, registration, examine);
    }
  },
});

const DOES: Record<Harm, string> = {
  throws: 'its second call throws',
  rejects: 'its second call rejects',
  ends: 'its second call is done at once, so that the exit behind it ends the process',
  overtakes: 'finding it stopped comes to the end of the shutdown first, which is then told to be over',
};

const isStopSignal = (each: Registration): boolean => each.events.has('SIGTERM') || each.events.has('SIGINT');

function judge(graph: Graph, site: Site, registration: Registration, examine: Examine<MessageId>): void {
  const examination = examine(callSubject(graph, site));
  const handlers = [...registration.handlers].flatMap((id): FunctionRef[] => {
    const thing = graph.program.flow.things[id];
    return thing?.t === 'function' ? [{ file: thing.file, fn: thing.fn }] : [];
  });
  if (handlers.length === 0 && registration.handlers.size === 0 && site.call.a.length > 1) {
    examination.unknown(`the handler that is registered in ${enclosing(graph, site)} cannot be followed`);
    return;
  }
  const { f } = site.call;
  const equal = f.k === 'member' && !/once/i.test(f.p);
  if (!equal && !anotherSignal(graph, registration, handlers)) {
    examination.pass();
    return;
  }
  const reruns = handlers.map((each) => ({ handler: each, rerun: rerunOf(graph, each, equal) }));
  const bad = reruns.find((each) => each.rerun.how !== 'safe');
  if (bad) fail(graph, site, bad.handler, bad.rerun, examination);
  else examination.pass();
}

/** Another stop signal leads to the same shutdown. */
function anotherSignal(graph: Graph, own: Registration, handlers: readonly FunctionRef[]): boolean {
  if ([...own.events].filter((each) => each.startsWith('SIG')).length > 1) return true;
  const called = new Set(handlers.flatMap((each) => calledBy(graph, each)));
  return graph.signals.some(
    (other) =>
      other !== own &&
      isStopSignal(other) &&
      isAtStart(graph, other) &&
      [...other.handlers].some((id) => {
        const thing = graph.program.flow.things[id];
        return thing?.t === 'function' && calledBy(graph, thing).some((each) => called.has(each));
      }),
  );
}

/** The function and what it calls itself. */
const calledBy = (graph: Graph, ref: FunctionRef): string[] => [
  functionKey(ref),
  ...graph.edgesFrom(ref).map((each) => functionKey(each.to)),
];

function fail(
  graph: Graph,
  site: Site,
  handler: FunctionRef,
  rerun: Rerun,
  examination: Examination<MessageId>,
): void {
  const here = { location: graph.locateCall(site), note: `${graph.nameOf(handler)} runs at each signal` };
  if (rerun.how === 'twice')
    examination.fail('runsTwice', { callee: rerun.release.call.text, does: DOES[rerun.does] }, [
      here,
      {
        location: graph.locateCall(rerun.release),
        note: `${rerun.release.call.text}(): ${DOES[rerun.does]}`,
      },
    ]);
  else if (rerun.how === 'race')
    examination.fail('flagAfterAwait', { place: rerun.place }, [
      here,
      {
        location: graph.locate(rerun.check.ref.file, rerun.check.at),
        note: `${rerun.place} is looked at here`,
      },
      ...(rerun.wait
        ? [{ location: graph.locateCall(rerun.wait), note: 'a second signal can come in here' }]
        : []),
      {
        location: graph.locate(rerun.set.ref.file, rerun.set.at),
        note: 'and only here it is set to what is looked for',
      },
    ]);
}
