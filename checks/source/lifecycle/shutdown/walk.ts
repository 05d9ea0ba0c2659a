/** The state of a walk over a shutdown, and how moments and turns are noted. Used by the sequence and its calls. */
import type { Graph, FunctionRef, Resource, Site, Step } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import type { Callers } from './actual.ts';
import type { Items } from './item-order.ts';
import type { Moment, Turn } from './moment.ts';
import { promisesIn } from './promises.ts';

export interface Walk {
  graph: Graph;
  moments: Moment[];
  stack: string[];
  lists: number;
  frames: number;
  tick: number;
  /** Walks the steps of a function; set by the sequence. */
  steps(steps: readonly Step[], here: Here): void;
}

/** Where the walk stands. */
export interface Here {
  ref: FunctionRef;
  turns: readonly Turn[];
  chain: readonly Site[];
  frame: number;
  callers: Callers;
  items?: Items | undefined;
  /** Promises that are made here are waited for by what is around. */
  used?: boolean;
  /** In the executor of a promise that is waited for. */
  awaited?: boolean;
}

/** A list of things of which each gets a turn. */
export function inTurn<T>(
  walk: Walk,
  here: Here,
  how: Turn['how'],
  all: readonly T[],
  run: (each: T, at: Here) => void,
  more: (each: T, index: number) => Partial<Turn> = () => ({}),
): void {
  walk.lists += 1;
  const list = walk.lists;
  const start = walk.tick;
  let latest = start;
  all.forEach((each, index) => {
    if (how !== 'series') walk.tick = start;
    const turn: Turn = { list, index, how, waited: true, frame: here.frame, ...more(each, index) };
    const before = walk.tick;
    run(each, { ...here, turns: [...here.turns, turn] });
    // What nobody waits for takes no time of what follows.
    if (!turn.waited) walk.tick = before;
    latest = Math.max(latest, walk.tick);
  });
  walk.tick = latest;
}

export function note(
  walk: Walk,
  step: Step,
  here: Here,
  site: Site | undefined,
  released: readonly Resource[] = site ? lifecycleOf(walk.graph).releasedAt(site) : [],
): void {
  const { graph } = walk;
  const { flow } = graph.program;
  walk.moments.push({
    ...(site ? { site } : {}),
    step,
    ref: here.ref,
    turns: here.turns,
    tick: walk.tick,
    released,
    chain: here.chain,
    waitsFor: promisesIn(graph, step, here.ref),
    isAwaited: here.awaited === true || ('taken' in step && step.taken === 'awaited'),
    mentions: (thing) =>
      site !== undefined &&
      [site.base, ...site.args].some((each) => each !== undefined && flow.thingsAt(each).has(thing)),
  });
}
