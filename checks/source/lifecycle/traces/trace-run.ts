/** The events of a trace, and the run that collects them. Used by `trace.ts`. */
import type { Value } from '../../facts/model.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { placesOf } from './places.ts';
import { resourcesBySite } from './trace-parts.ts';

export type Event =
  /** A condition on which it depends whether the run goes on to what follows, until the `end` of the same id. */
  | {
      e: 'check';
      id: number;
      places: ReadonlySet<string>;
      condition: Value;
      /** Of an `if`: the condition is true in its first branch, and false in its second. */
      isIf: boolean;
      /** What the condition of an `if` is when the run goes on behind it; absent when it does so either way. */
      goesOn?: boolean;
      ref: FunctionRef;
      at: number;
    }
  | { e: 'end'; id: number }
  | { e: 'wait'; value: Value; ref: FunctionRef; at: number }
  | { e: 'store'; place: string | undefined; value: Value; plain: boolean; ref: FunctionRef; at: number }
  /** `under`: the checks on which it depends. */
  | { e: 'open'; site: Site; resource: Resource; under: ReadonlySet<number> }
  /** A handle made before is started. */
  | { e: 'begin'; site: Site; resource: Resource }
  /** `choices`: which branch of which condition this is in. */
  | {
      e: 'release';
      site: Site;
      resource: Resource;
      under: ReadonlySet<number>;
      choices: ReadonlyMap<number, number>;
    }
  | { e: 'step'; step: Step; ref: FunctionRef }
  | { e: 'throw'; ref: FunctionRef; at: number }
  /** Between these a failure is caught and goes no further. */
  | { e: 'try' | 'tried'; id: number }
  /** Between these nobody else runs the same: a lock is held, or a foreign function runs the callback. */
  | { e: 'lock' | 'unlock'; id: number }
  /** A function begins; `choices`: which branch of which condition this is in. */
  | { e: 'enter'; ref: FunctionRef; site: Site; choices: ReadonlyMap<number, number> };

/** One way through a function. */
export interface Trace {
  events: readonly Event[];
  /** Up to here it is the same as another one. */
  from: number;
  /** Functions that were put in the place of their calls, and the function itself. */
  functions: ReadonlySet<string>;
}

const MAX_EVENTS = 4000;
const MAX_TRACES = 200;

export interface Run {
  graph: Graph;
  byMake: ReadonlyMap<number, Resource[]>;
  byStart: ReadonlyMap<number, Resource[]>;
  follow: (to: FunctionRef) => boolean;
  events: Event[];
  /** What an asynchronous call that nobody waits for does after its first wait: comes last. */
  later: Event[];
  finished: { events: Event[]; from: number }[];
  /** Checks on which what happens now depends; true for those that throw, which the caller's rest depends on as well. */
  active: Map<number, boolean>;
  choices: ReadonlyMap<number, number>;
  functions: Set<string>;
  stack: string[];
  nextId: number;
  total: number;
}

export function createRun(graph: Graph, ref: FunctionRef, follow: (to: FunctionRef) => boolean): Run {
  return {
    graph,
    ...resourcesBySite(graph),
    follow,
    events: [],
    later: [],
    finished: [],
    active: new Map(),
    choices: new Map(),
    functions: new Set([functionKey(ref)]),
    stack: [functionKey(ref)],
    nextId: 1,
    total: 0,
  };
}

/** Nothing more is recorded, so nothing more is followed: what calls what can be a tree of millions. */
export const isFull = (run: Run): boolean => run.total >= MAX_EVENTS;

export function emit(run: Run, event: Event): void {
  run.total += 1;
  if (run.total < MAX_EVENTS) run.events.push(event);
}

interface Branching {
  throws: boolean;
  isIf: boolean;
  goesOn?: boolean;
}

/** A condition is looked at; its id ends it. */
export function check(
  run: Run,
  ref: FunctionRef,
  condition: Value,
  at: number,
  { throws, ...branching }: Branching = { throws: false, isIf: false },
): number {
  const id = run.nextId;
  run.nextId += 1;
  run.active.set(id, throws);
  const places = placesOf(run.graph).readBy(condition, ref);
  emit(run, { e: 'check', id, places, condition, ...branching, ref, at });
  return id;
}

export function end(run: Run, id: number): void {
  run.active.delete(id);
  emit(run, { e: 'end', id });
}

/** Events for which a way of its own is worth looking at. */
const TELLING: ReadonlySet<Event['e']> = new Set<Event['e']>([
  'open',
  'begin',
  'release',
  'throw',
  'store',
  'step',
]);

/** Another way from an earlier moment; it ends where it ends. */
export function fork(run: Run, from: readonly Event[], work: () => void): void {
  if (isFull(run) || run.finished.length >= MAX_TRACES) return;
  const { events, active } = run;
  run.events = [...from];
  run.active = new Map(active);
  work();
  const own = run.events.slice(from.length);
  if (own.some((each) => TELLING.has(each.e))) run.finished.push({ events: run.events, from: from.length });
  Object.assign(run, { events, active });
}
