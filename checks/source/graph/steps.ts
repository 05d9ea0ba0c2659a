/** What a function does, in order: calls inside guards, loops and branches. Built from facts, on demand. */
import type { CallValue, FunctionFact, Statement, Value } from '../facts/model.ts';

/** How the value of a call is taken: by an `await`, by a `then` or `catch`, by nobody, by a `void`, by the code around it. */
export type Taken = 'awaited' | 'chained' | 'dropped' | 'void' | 'returned' | 'used';

export type Step =
  | { s: 'call'; call: CallValue; taken: Taken }
  /** `await` of something that is no call. */
  | { s: 'wait'; value: Value; at: number }
  | { s: 'group'; call: CallValue; how: 'all' | 'allSettled' | 'race' | 'any'; items: Step[]; taken: Taken }
  /** A try with a catch, or a promise with one. `handler` runs on failure. */
  | {
      s: 'guard';
      body: Step[];
      handler: Step[];
      throws: boolean;
      kind: 'try' | 'chain';
      handlers: Value[];
      at: number;
    }
  | { s: 'finally'; body: Step[]; after: Step[] }
  | { s: 'loop'; body: Step[] }
  /** `at` is where the statement stands; inside an expression it is not known. `isIf`: the first is for true, the second for false. */
  | { s: 'branch'; condition: Value; branches: Step[][]; at?: number; isIf?: true }
  | { s: 'throw' | 'return' | 'jump'; at: number }
  /** A store, with what is stored already done. */
  | { s: 'store'; target: Value; value: Value; plain: boolean; at: number }
  | { s: 'let'; b: number; value: Value; using: boolean; at: number };

export function stepsOf(fn: FunctionFact): Step[] {
  return fn.body.flatMap(statementSteps);
}

const list = (statements: readonly Statement[]): Step[] => statements.flatMap(statementSteps);

function statementSteps(statement: Statement): Step[] {
  switch (statement.s) {
    case 'do':
      return valueSteps(statement.v, 'dropped');
    case 'let':
      return [
        ...valueSteps(statement.v, 'used'),
        {
          s: 'let',
          b: statement.b,
          value: statement.v,
          using: statement.using !== undefined,
          at: statement.at,
        },
      ];
    case 'return':
      return [...valueSteps(statement.v, 'returned'), { s: 'return', at: statement.at }];
    case 'throw':
      return [...valueSteps(statement.v, 'used'), { s: 'throw', at: statement.at }];
    case 'if':
      return [
        ...valueSteps(statement.c, 'used'),
        {
          s: 'branch',
          condition: statement.c,
          branches: [list(statement.then), list(statement.else)],
          at: statement.at,
          isIf: true,
        },
      ];
    case 'loop':
      return [
        ...(statement.of ? valueSteps(statement.of.v, statement.of.awaits ? 'awaited' : 'used') : []),
        { s: 'loop', body: [...list(statement.head), ...list(statement.body)] },
      ];
    case 'try':
      return [trySteps(statement)];
    case 'switch':
      return [
        ...valueSteps(statement.v, 'used'),
        { s: 'branch', condition: statement.v, branches: statement.cases.map(list), at: statement.at },
      ];
    case 'block':
      return list(statement.body);
    case 'jump':
      return [{ s: 'jump', at: statement.at }];
  }
}

function trySteps(statement: Statement & { s: 'try' }): Step {
  const body = list(statement.body);
  const guarded: Step[] = statement.catch ? [guardOf(body, list(statement.catch.body), statement.at)] : body;
  if (!statement.finally) return guarded[0] ?? { s: 'branch', condition: { k: 'none' }, branches: [] };
  return { s: 'finally', body: guarded, after: list(statement.finally) };
}

function guardOf(body: Step[], handler: Step[], at: number): Step {
  return { s: 'guard', body, handler, throws: hasThrow(handler), kind: 'try', handlers: [], at };
}

/** Whether a throw leaves these steps. */
export function hasThrow(steps: readonly Step[]): boolean {
  return steps.some((step) => {
    if (step.s === 'throw') return true;
    if (step.s === 'guard') return step.throws;
    if (step.s === 'finally') return hasThrow(step.body) || hasThrow(step.after);
    if (step.s === 'loop') return hasThrow(step.body);
    return step.s === 'branch' && step.branches.some(hasThrow);
  });
}

function valueSteps(value: Value, taken: Taken): Step[] {
  const inner = (each: Value): Step[] => valueSteps(each, 'used');
  switch (value.k) {
    case 'call':
      return callSteps(value, taken);
    case 'await':
      return value.v.k === 'call' || value.v.k === 'choice'
        ? valueSteps(value.v, 'awaited')
        : [...inner(value.v), { s: 'wait', value: value.v, at: value.at }];
    case 'void':
      return valueSteps(value.v, 'void');
    case 'member':
      return inner(value.o);
    case 'index':
      return [...inner(value.o), ...inner(value.i)];
    case 'object':
      return [...value.props.flatMap(([, each]) => inner(each)), ...value.spread.flatMap(inner)];
    case 'array':
      return value.items.flatMap(inner);
    case 'spread':
      return inner(value.v);
    case 'assign':
      return [
        ...inner(value.v),
        { s: 'store', target: value.t, value: value.v, plain: value.plain, at: value.at },
      ];
    case 'choice': {
      const first = value.c ? valueSteps(value.c, 'used') : [];
      const branches = value.vs.map((each) => valueSteps(each, taken));
      return branches.some((each) => each.length > 0)
        ? [...first, { s: 'branch', condition: value.c ?? value.vs[0] ?? { k: 'none' }, branches }]
        : first;
    }
    case 'operands':
      return value.vs.flatMap(inner);
    default:
      return [];
  }
}

const GROUPS = ['all', 'allSettled', 'race', 'any'] as const;

function callSteps(call: CallValue, taken: Taken): Step[] {
  const { f } = call;
  if (f.k === 'member' && !call.isNew) {
    if (f.p === 'then' || f.p === 'catch' || f.p === 'finally') return chainSteps(call, f, taken);
    const how = GROUPS.find((each) => each === f.p);
    if (how && f.o.k === 'global' && f.o.name === 'Promise')
      return [{ s: 'group', call, how, items: call.a.flatMap((each) => valueSteps(each, 'used')), taken }];
  }
  const before = f.k === 'member' ? valueSteps(f.o, 'used') : valueSteps(f, 'used');
  return [...before, ...call.a.flatMap((each) => valueSteps(each, 'used')), { s: 'call', call, taken }];
}

function chainSteps(call: CallValue, f: Value & { k: 'member' }, taken: Taken): Step[] {
  const [first, second] = call.a;
  // The chain waits for the promise in front of it.
  const before = valueSteps(f.o, taken === 'awaited' || taken === 'returned' ? 'awaited' : 'chained');
  const settle: Step = { s: 'call', call, taken };
  const handler = f.p === 'catch' ? first : f.p === 'then' ? second : undefined;
  if (!handler || handler.k === 'none') return [...before, settle];
  const guard: Step = {
    s: 'guard',
    body: before,
    handler: [],
    throws: false,
    kind: 'chain',
    handlers: [handler],
    at: call.start,
  };
  return [guard, settle];
}

/** All steps inside steps, those of guards, loops and branches included; not those of the functions that are called. */
export function* eachStep(steps: readonly Step[]): Generator<Step> {
  for (const step of steps) {
    yield step;
    for (const inner of innerSteps(step)) yield* eachStep(inner);
  }
}

export function innerSteps(step: Step): Step[][] {
  switch (step.s) {
    case 'guard':
      return [step.body, step.handler];
    case 'finally':
      return [step.body, step.after];
    case 'loop':
      return [step.body];
    case 'branch':
      return step.branches;
    case 'group':
      return [step.items];
    default:
      return [];
  }
}
