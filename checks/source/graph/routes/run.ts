/**
 * One pass over the code that registers routes, in the order in which it runs: its state, its statements. Expressions
 * are in `run-expression.ts`, calls in `run-call.ts`. Started by `route-table.ts`.
 */
import type { Statement, Value } from '../../facts/model.ts';
import type { FunctionRef, Graph } from '../graph.ts';
import {
  maybe,
  beyond,
  NOTHING,
  seen,
  truthOf,
  UNKNOWN,
  valueKey,
  type Condition,
  type Frame,
  type Held,
} from './held.ts';
import type { Router } from './router.ts';
import { evaluate } from './run-expression.ts';

export interface Run {
  graph: Graph;
  /** Functions that register routes, or call functions that do. */
  registering: ReadonlySet<string>;
  modules: Map<number, Frame>;
  routers: Router[];
  /** Functions that were run, by key. */
  visited: Set<string>;
  /** What holds at this point. */
  conditions: readonly Condition[];
  /** Functions being run, by key, with how often. */
  active: Map<string, number>;
  /** The calls that led here, the innermost last. */
  calls: { file: number; at: number }[];
  /** Statements left; nothing more is followed at zero. */
  budget: number;
  /** Members and calls of what may be one of several things that are still told apart. */
  choices: number;
}

type Completion = 'normal' | 'return' | 'throw' | 'jump';

const STATEMENTS = 400_000;
const CHOICES = 200_000;
const DEPTH = 60;
const ELEMENTS = 100;
/** Of so many returns each can be told apart, whatever conditions are nested in others. */
const SPLIT = 6;

export function createRun(graph: Graph, registering: ReadonlySet<string>): Run {
  return {
    graph,
    registering,
    modules: new Map(),
    routers: [],
    visited: new Set(),
    conditions: [],
    active: new Map(),
    calls: [],
    budget: STATEMENTS,
    choices: CHOICES,
  };
}

/** The scope of a module, run now if it was not yet. */
export function moduleFrame(run: Run, file: number): Frame {
  const known = run.modules.get(file);
  if (known) return known;
  const frame: Frame = { file, fn: 0, values: new Map(), parent: undefined, returns: [], conditions: [] };
  run.modules.set(file, frame);
  const before = run.conditions;
  run.conditions = [];
  runFunction(run, { file, fn: 0 }, frame);
  run.conditions = before;
  return frame;
}

/** Runs a body in a scope that is ready; gives what it returns. */
export function runFunction(run: Run, ref: FunctionRef, frame: Frame): Held {
  const key = `${ref.file}.${ref.fn}`;
  const depth = run.active.get(key) ?? 0;
  if (depth > 2 || run.active.size > DEPTH || run.budget <= 0) return UNKNOWN;
  run.active.set(key, depth + 1);
  run.visited.add(key);
  const before = run.conditions;
  frame.conditions = before;
  const ended = runStatements(run, frame, run.graph.function(ref).body);
  run.conditions = before;
  if (depth === 0) run.active.delete(key);
  else run.active.set(key, depth);
  return resultOf(frame, ended);
}

/** Several returns: each but the last under what held there. */
function resultOf(frame: Frame, ended: Completion): Held {
  const { returns } = frame;
  const certain = ended === 'normal' ? undefined : returns.at(-1);
  const from = (position: number, known: readonly Condition[]): Held => {
    const each = returns[position];
    if (!each || each === certain) return each?.value ?? NOTHING;
    const [first, ...inner] = beyond(each.conditions, known);
    if (!first) return each.value;
    const rest = from(position + 1, [...known, ...(inner.length === 0 ? [opposite(first)] : [])]);
    if (returns.length > SPLIT) return maybe([first, ...inner], each.value, rest);
    return [first, ...inner].reduceRight((then, condition) => maybe([condition], then, rest), each.value);
  };
  return from(0, frame.conditions);
}

function runStatements(run: Run, frame: Frame, statements: readonly Statement[]): Completion {
  for (const each of statements) {
    run.budget -= 1;
    if (run.budget <= 0) return 'normal';
    const ended = runStatement(run, frame, each);
    if (ended !== 'normal') return ended;
  }
  return 'normal';
}

function runStatement(run: Run, frame: Frame, statement: Statement): Completion {
  switch (statement.s) {
    case 'do':
      evaluate(run, frame, statement.v);
      return 'normal';
    case 'let':
      bind(run, frame, statement.b, evaluate(run, frame, statement.v));
      return 'normal';
    case 'return':
      frame.returns.push({ value: evaluate(run, frame, statement.v), conditions: run.conditions });
      return 'return';
    case 'throw':
      return 'throw';
    case 'if':
      return runIf(run, frame, statement);
    case 'loop':
      return runLoop(run, frame, statement);
    case 'try': {
      const ended = runStatements(run, frame, statement.body);
      if (ended === 'throw' && statement.catch) runStatements(run, frame, statement.catch.body);
      runStatements(run, frame, statement.finally ?? []);
      return ended === 'throw' && statement.catch ? 'normal' : ended;
    }
    case 'switch':
      return runSwitch(run, frame, statement);
    case 'block':
      return runStatements(run, frame, statement.body);
    case 'jump':
      return 'jump';
  }
}

/** The value of a binding from here on. */
export function bind(run: Run, frame: Frame, b: number, value: Held): void {
  frame.values.set(b, { value, conditions: run.conditions });
}

export function conditionOf(run: Run, frame: Frame, value: Value, at: number, negated = false): Condition {
  const place = run.graph.locate(frame.file, at);
  return value.k === 'operands' && value.op === '!' && value.vs[0]
    ? conditionOf(run, frame, value.vs[0], at, !negated)
    : { key: `${frame.file} ${valueKey(value)}`, negated, place };
}

const opposite = (condition: Condition): Condition => ({ ...condition, negated: !condition.negated });

/** Runs under one more condition; a condition that holds already, or whose opposite does, decides. */
export function under<T>(run: Run, condition: Condition, work: () => T): T {
  const before = run.conditions;
  run.conditions = [...before, condition];
  const result = work();
  run.conditions = before;
  return result;
}

function runIf(run: Run, frame: Frame, statement: Statement & { s: 'if' }): Completion {
  const truth = truthOf(evaluate(run, frame, statement.c));
  if (truth !== undefined) return runStatements(run, frame, truth ? statement.then : statement.else);
  const condition = conditionOf(run, frame, statement.c, statement.at);
  const known = run.conditions.find((each) => each.key === condition.key);
  if (known)
    return runStatements(run, frame, known.negated === condition.negated ? statement.then : statement.else);
  const then = under(run, condition, () => runStatements(run, frame, statement.then));
  const otherwise = under(run, opposite(condition), () => runStatements(run, frame, statement.else));
  if (then !== 'normal' && otherwise !== 'normal') return then === 'throw' ? otherwise : then;
  // What ends the program leaves no condition behind: the rest is what runs.
  if (then === 'return' || then === 'jump') run.conditions = [...run.conditions, opposite(condition)];
  if (otherwise === 'return' || otherwise === 'jump') run.conditions = [...run.conditions, condition];
  return 'normal';
}

function runSwitch(run: Run, frame: Frame, statement: Statement & { s: 'switch' }): Completion {
  evaluate(run, frame, statement.v);
  statement.cases.forEach((each, position) => {
    const condition: Condition = {
      key: `${frame.file} switch ${statement.at} ${position}`,
      negated: false,
      place: run.graph.locate(frame.file, statement.at),
      isCase: true,
    };
    under(run, condition, () => runStatements(run, frame, each));
  });
  return 'normal';
}

function runLoop(run: Run, frame: Frame, statement: Statement & { s: 'loop' }): Completion {
  const before = run.conditions;
  const { of } = statement;
  if (!of) {
    runStatements(run, frame, [...statement.head, ...statement.body]);
  } else
    eachElement(run, evaluate(run, frame, of.v), (element) => {
      bind(run, frame, of.b, element);
      runStatements(run, frame, statement.body);
      run.conditions = before;
    });
  run.conditions = before;
  return 'normal';
}

/** Runs for each element of a list; once with an unknown one when the list is not known. */
export function eachElement(run: Run, held: Held, work: (element: Held) => void): void {
  const list = seen(held);
  if (list.t !== 'list') {
    work(elementOf(run, list));
    return;
  }
  for (const each of list.items.slice(0, ELEMENTS)) {
    const before = run.conditions;
    const item = seen(each);
    const single = item.t === 'maybe' && item.otherwise.t === 'none';
    if (single) run.conditions = [...before, ...item.conditions];
    work(single ? item.then : item);
    run.conditions = before;
  }
  if (list.open) work(UNKNOWN);
}

/** What a place of which only the flow is known holds as a list. */
function elementOf(run: Run, held: Held): Held {
  if (held.t !== 'flow') return UNKNOWN;
  const { flow } = run.graph.program;
  const arrays = [...flow.thingsAt(held.node)].filter((id) => flow.things[id]?.t === 'array');
  const [only] = arrays;
  return only === undefined || arrays.length > 1 ? UNKNOWN : { t: 'flow', node: flow.field(only, '*') };
}
