import { type Graph, type Registration, type Site } from '../graph/graph.ts';
import { lifecycleOf } from '../lifecycle/lifecycle.ts';
import {
  competitor,
  endsByItself,
  handlerFault,
  isAtStart,
  releasesOrUnseen,
  siteOf,
} from '../lifecycle/handlers.ts';
import { startOrder } from '../lifecycle/starts/start-order.ts';
import { eachStep } from '../graph/steps.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId = 'noHandler' | 'onlySigint' | 'registeredLate' | 'registeredTwice' | 'handlerParameter';

export default defineRule<MessageId>({
  id: 'signal-handled',
  title: 'SIGTERM and SIGINT reach the shutdown path, from the first moment, once',
  why: 'A deploy sends SIGTERM: without a handler in place the process ends in the middle of whatever it was doing.',
  fix: 'register one handler for SIGTERM and SIGINT before the first awaited start, and call the shutdown from it',
  messages: {
    noHandler:
      '{callee}() starts what lives on, and no handler for SIGTERM is registered anywhere; register one before it',
    onlySigint:
      'SIGINT is handled here and SIGTERM nowhere, which is what a deploy sends; register the handler for both',
    registeredLate:
      'the handler is registered after {start}() was awaited; a signal during that start ends the process half started; register it before',
    registeredTwice:
      '{signal} has a second handler here, and one of the two exits while the other is still at work; keep one handler',
    handlerParameter:
      'the handler takes {what} as its first parameter and is given the name of the signal; wrap it: () => {handler}()',
  },
  check({ graph, examine }) {
    const order = startOrder(graph);
    const signals = graph.signals.filter((each) => each.helper !== undefined || isStopSignal(each));
    judgePresence(graph, signals, examine);
    const late = new Map(order.registrations.map((each) => [each.site.id, each.after]));
    const position = new Map(order.registrations.map((each, index) => [each.site.id, index]));
    const inStart = signals
      .filter((each) => each.helper === undefined && isAtStart(graph, each))
      .sort((a, b) => (position.get(a.site) ?? 0) - (position.get(b.site) ?? 0));
    inStart.forEach((each, index) => {
      const site = graph.program.sites[each.site];
      if (site) judgeRegistration(graph, site, each, inStart.slice(0, index), late.get(each.site), examine);
    });
  },
});

const isStopSignal = (each: Registration): boolean => each.events.has('SIGTERM') || each.events.has('SIGINT');

/** Something that keeps the process alive was started, and nothing tells it to stop. */
function judgePresence(graph: Graph, signals: readonly Registration[], examine: Examine<MessageId>): void {
  const lifecycle = lifecycleOf(graph);
  const first = graph.entries
    .flatMap((file) => [...eachStep(graph.steps({ file, fn: 0 }))])
    .flatMap((step) => (step.s === 'call' ? (graph.site(step.call) ?? []) : []))
    .find((site) => lifecycle.livesOn(site) && !endsByItself(graph, site));
  const anchor = first ?? signals.flatMap((each) => siteOf(graph, each) ?? [])[0];
  if (!anchor) {
    judgeScript(graph, examine);
    return;
  }
  const handled = signals.some((each) => each.helper !== undefined || each.events.has('SIGTERM'));
  const sigint = signals.find((each) => each.events.has('SIGINT') && isAtStart(graph, each));
  const sigintSite = sigint && siteOf(graph, sigint);
  const file = graph.program.files[anchor.file]?.path ?? '';
  const place = !handled && sigintSite ? graph.locateCall(sigintSite) : graph.locateCall(anchor);
  const examination = examine({ subject: `${file}: SIGTERM`, location: place });
  if (handled) examination.pass();
  else if (sigintSite) examination.fail('onlySigint');
  else
    examination.fail('noHandler', { callee: anchor.call.text }, [
      { location: place, note: `${anchor.call.text}() starts what keeps the process alive` },
    ]);
}

/** A script that ends by itself needs no handler; said only of one whose resources were seen to end. */
function judgeScript(graph: Graph, examine: Examine<MessageId>): void {
  const [resource] = graph.resources;
  if (!resource) return;
  const location = graph.locateCall(resource.site);
  examine({ subject: `${location.file}: SIGTERM`, location }).pass();
}

function judgeRegistration(
  graph: Graph,
  site: Site,
  registration: Registration,
  before: readonly Registration[],
  after: Site | undefined,
  examine: Examine<MessageId>,
): void {
  const examination = examine(callSubject(graph, site));
  const competing = competitor(graph, registration, before);
  const unfit = handlerFault(graph, registration);
  const here = { location: graph.locateCall(site), note: `registered here, in ${enclosing(graph, site)}` };
  if (unfit) examination.fail('handlerParameter', unfit, [here]);
  else if (competing) {
    const signal = [...registration.events].find((each) => competing.events.has(each)) ?? '';
    const first = siteOf(graph, competing);
    examination.fail(
      'registeredTwice',
      { signal },
      first ? [{ location: graph.locateCall(first), note: 'the first handler' }, here] : [here],
    );
  } else if (after && releasesOrUnseen(graph, registration))
    examination.fail('registeredLate', { start: after.call.text }, [
      { location: graph.locateCall(after), note: `${after.call.text}() is awaited here` },
      here,
    ]);
  else examination.pass();
}
