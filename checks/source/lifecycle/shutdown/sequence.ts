/**
 * What a shutdown does, in order: the calls that a root leads to, with what they call put in their place, and with what
 * happens side by side kept apart from what happens one after the other. Asked by the rules on order, deadlines, draining.
 */
import { contains } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';
import { functionKey, type FunctionRef, type Graph, type Step } from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';
import { isExit } from '../exits/exits.ts';
import { leaves } from '../traces/trace-parts.ts';
import { walkCall } from './calls.ts';
import { entriesOf } from './entries.ts';
import type { Moment } from './moment.ts';
import { inTurn, note, type Here, type Walk } from './walk.ts';

const MAX_MOMENTS = 4000;

const made = new WeakMap<Graph, Map<string, Moment[]>>();

/** Everything that happens when a function runs, as far as it is followed. */
export function sequenceOf(graph: Graph, root: FunctionRef): readonly Moment[] {
  const known = made.get(graph) ?? new Map<string, Moment[]>();
  made.set(graph, known);
  const key = functionKey(root);
  const found = known.get(key);
  if (found) return found;
  const walk: Walk = {
    graph,
    moments: [],
    stack: [key],
    lists: 0,
    frames: 1,
    tick: 0,
    steps: (steps, here) => walkSteps(walk, steps, here),
  };
  walk.steps(graph.steps(root), { ref: root, turns: [], chain: [], frame: 1, callers: new Map() });
  known.set(key, walk.moments);
  return walk.moments;
}

function walkSteps(walk: Walk, steps: readonly Step[], here: Here): void {
  const entries = entriesOf(walk.graph, steps, here.used === true);
  inTurn(
    walk,
    here,
    'series',
    entries,
    (entry, at) => {
      const [only] = entry.steps;
      if (entry.steps.length === 1 && only) walkStep(walk, only, at);
      else inTurn(walk, at, 'series', entry.steps, (step, inner) => walkStep(walk, step, inner));
    },
    (entry) => ({
      waited: entry.waited || here.awaited === true,
      ...(entry.promise === undefined ? {} : { promise: entry.promise }),
      ...(entry.ends === undefined ? {} : { ends: entry.ends }),
    }),
  );
}

function walkStep(walk: Walk, step: Step, here: Here): void {
  if (walk.moments.length >= MAX_MOMENTS) return;
  switch (step.s) {
    case 'call':
      walkCall(walk, step, here);
      return;
    case 'group':
      walkGroup(walk, step, here);
      return;
    case 'wait':
    case 'store':
      note(walk, step, here, undefined);
      if (step.s === 'wait') walk.tick += 1;
      return;
    case 'guard':
      // What runs on failure is another way, not a later step.
      walkSteps(walk, step.body, here);
      if (step.handler.length > 0)
        inTurn(walk, here, 'either', [step.body, step.handler], (each, at) => {
          if (each === step.handler) walkSteps(walk, each, at);
        });
      return;
    case 'finally':
      inTurn(walk, here, 'series', [step.body, step.after], (each, at) => walkSteps(walk, each, at));
      return;
    case 'loop':
      walkSteps(walk, step.body, here);
      return;
    case 'branch':
      walkBranch(walk, step, here);
      return;
    default:
  }
}

function walkBranch(walk: Walk, step: Step & { s: 'branch' }, here: Here): void {
  inTurn(
    walk,
    here,
    'either',
    step.branches,
    (each, at) => walkSteps(walk, each, at),
    (each) => {
      const exits = [...eachStep(each)].some((inner) => isExitStep(walk.graph, inner));
      return exits ? { leaves: 'process' } : leaves(each) ? { leaves: 'function' } : {};
    },
  );
}

function isExitStep(graph: Graph, step: Step): boolean {
  const site = step.s === 'call' ? graph.site(step.call) : undefined;
  return site !== undefined && isExit(graph, site);
}

/** `Promise.all([a(), b()])`: the items begin together; what is in front of them comes first. */
function walkGroup(walk: Walk, step: Step & { s: 'group' }, here: Here): void {
  const [list] = step.call.a;
  const items = list?.k === 'array' ? list.items : [];
  const byItem = new Map<number, Step[]>();
  for (const each of step.items) {
    const index = items.findIndex((item) => holdsStep(item, each));
    byItem.set(index, [...(byItem.get(index) ?? []), each]);
  }
  const inside = { ...here, used: true };
  inTurn(walk, inside, 'series', ['items', 'end'], (part, at) => {
    if (part === 'end') note(walk, step, at, walk.graph.site(step.call));
    else inTurn(walk, at, 'parallel', [...byItem.values()], (each, of) => walkSteps(walk, each, of));
  });
  if (step.taken === 'awaited') walk.tick += 1;
}

const holdsStep = (item: Value, step: Step): boolean =>
  [...eachStep([step])].some(
    (each) => (each.s === 'call' || each.s === 'group') && contains(item, each.call),
  );
