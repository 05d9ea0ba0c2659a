import { createFailing } from '../lifecycle/releases/failing.ts';
import type { PathStep } from '../../../harness/verdict.ts';
import { functionKey, type FunctionRef, type Graph, type Site, type Step } from '../graph/graph.ts';
import { isStopName, lifecycleOf } from '../lifecycle/lifecycle.ts';
import { eachStep, innerSteps } from '../graph/steps.ts';
import { droppedCallback } from '../lifecycle/starts/dropped-callback.ts';
import { defineRule } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
  id: 'start-awaited',
  title: 'an asynchronous start is awaited, or its promise is handled',
  why: 'A start that nobody awaits fails where nobody looks: the service reports ready, or dies without a word of context.',
  fix: 'await the start where it is called, or return its promise to a caller that awaits it, or end the chain in a catch',
  messages: {
    notAwaited:
      '{callee}() starts something asynchronously in {where}, and nobody awaits or handles its promise; await it there',
    deadCatch:
      '{callee}() is called inside a try in {where} without await, so the catch never sees its rejection; await it inside the try',
    voidHidesRejection:
      '`void` in front of {callee}() in {where} hides a rejection that the callee does not handle; await it or add a catch',
    asyncCallback:
      'the callback of {callee}() in {where} is async and starts something, but {callee} ignores the promise it gives; await the start outside of the callback, or catch inside',
  },
  check({ graph, examine }) {
    const lifecycle = lifecycleOf(graph);
    const failing = createFailing(graph);
    for (const { site, step, tried } of startCalls(graph)) {
      const examination = examine(callSubject(graph, site));
      const fates = lifecycle.fates(site);
      const settled = !lifecycle.givesPromise(site) || [...fates].some((each) => each !== 'dropped');
      const data = { callee: site.call.text, where: enclosing(graph, site) };
      const path = startPath(graph, site);
      const callback = droppedCallback(graph, failing, site);
      if (callback) examination.fail('asyncCallback', data, [callbackStep(graph, callback)]);
      else if (settled || neverRejects(graph, site, failing.call(site, true))) examination.pass();
      else if (step.taken === 'void') examination.fail('voidHidesRejection', data, path);
      else if (tried && step.taken === 'dropped') examination.fail('deadCatch', data, path);
      else examination.fail('notAwaited', data, path);
    }
  },
});

const START_NAMES = new Set(
  'start init initialize initialise connect listen open run launch boot'.split(' '),
);

interface StartCall {
  site: Site;
  step: Step & { s: 'call' };
  /** Inside a try that has a catch. */
  tried: boolean;
}

/** Calls on the start path that give a promise for something that is opened or started. */
function startCalls(graph: Graph): StartCall[] {
  const lifecycle = lifecycleOf(graph);
  return graph.program.files.flatMap((file, index) =>
    file.facts.functions.flatMap((fn) => {
      const ref = { file: index, fn: fn.id };
      if (!graph.start.has(functionKey(ref))) return [];
      return callsIn(graph, graph.steps(ref), false).filter(
        ({ site }) =>
          !isChain(site) && !isPromise(site) && (lifecycle.opens(site) || isSubsystemStart(graph, site)),
      );
    }),
  );
}

function callsIn(graph: Graph, steps: readonly Step[], tried: boolean): StartCall[] {
  return steps.flatMap((step) => {
    if (step.s === 'call') {
      const site = graph.site(step.call);
      return site ? [{ site, step, tried }] : [];
    }
    const inTry = step.s === 'guard' && step.kind === 'try';
    return innerSteps(step).flatMap((inner, position) =>
      callsIn(graph, inner, tried || (inTry && position === 0)),
    );
  });
}

/** An asynchronous start of something that can be stopped as well. */
function isSubsystemStart(graph: Graph, site: Site): boolean {
  const { f } = site.call;
  if (f.k !== 'member' || !START_NAMES.has(f.p) || !lifecycleOf(graph).givesPromise(site)) return false;
  return graph.valueThings(f.o, site).some((each) => graph.membersOf(each).some(isStopName));
}

const isChain = (site: Site): boolean =>
  !site.call.isNew && site.call.f.k === 'member' && ['then', 'catch', 'finally'].includes(site.call.f.p);
const isPromise = (site: Site): boolean => site.call.f.k === 'global' && site.call.f.name === 'Promise';

/** A callee of this project that handles every rejection itself; array methods drop what they are given. */
function neverRejects(graph: Graph, site: Site, canFail: boolean): boolean {
  return !canFail && graph.edgesOf(site).some((each) => each.kind === 'call');
}

function startPath(graph: Graph, site: Site) {
  const opener = graph
    .edgesOf(site)
    .filter((each) => each.kind === 'call')
    .flatMap((each) => [...eachStep(graph.steps(each.to))].map((step) => ({ step, to: each.to })))
    .find(({ step }) => {
      const inner = step.s === 'call' ? graph.site(step.call) : undefined;
      return inner !== undefined && lifecycleOf(graph).opens(inner);
    });
  const called = {
    location: graph.locateCall(site),
    note: `${site.call.text}() is called here, its promise is not awaited`,
  };
  if (opener?.step.s !== 'call') return [called];
  const inner = graph.site(opener.step.call);
  return inner
    ? [called, { location: graph.locateCall(inner), note: `it starts ${inner.call.text}() here` }]
    : [called];
}

const callbackStep = (graph: Graph, ref: FunctionRef): PathStep => ({
  location: graph.locate(ref.file, graph.function(ref).at),
  note: 'the promise of this function goes nowhere',
});
