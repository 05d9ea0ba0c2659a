/** Calls while registration is followed: functions of the project, classes, lists, packages. Used by `run-expression.ts`. */
import type { CallValue } from '../../facts/model.ts';
import { functionKey } from '../graph.ts';
import { maybe, NOTHING, seen, UNKNOWN, type Closure, type Frame, type Held } from './held.ts';
import { callListMethod } from './list-methods.ts';
import { callChain, callRouter, entryAt } from './register.ts';
import { loadPending, type Router } from './router.ts';
import { routerMadeBy } from './frameworks.ts';
import { bind, runFunction, type Run } from './run.ts';
import { detached } from './detached.ts';
import { memberOf } from './members.ts';
import { evaluate, listOf } from './run-expression.ts';

/** A call that is being followed. */
export interface Call {
  frame: Frame;
  value: CallValue;
  args: Held[];
}

export function runCall(run: Run, frame: Frame, value: CallValue): Held {
  if (value.f.k === 'super') return callSuper(run, frame, value);
  const callee = seen(evaluate(run, frame, value.f));
  const { items, open } = listOf(run, frame, value.a);
  return callHeld(run, { frame, value, args: open ? [...items, UNKNOWN] : items }, callee);
}

function callHeld(run: Run, call: Call, callee: Held): Held {
  const { args, value } = call;
  switch (callee.t) {
    case 'closure':
    case 'class': {
      run.calls.push({ file: call.frame.file, at: value.at });
      const result =
        callee.t === 'closure'
          ? invoke(run, callee, args)
          : value.isNew
            ? construct(run, callee, args)
            : UNKNOWN;
      run.calls.pop();
      return result;
    }
    case 'external':
      return callExternal(run, call, callee);
    case 'method':
      return callMethod(run, call, seen(callee.of), callee.name);
    case 'maybe': {
      run.choices -= 1;
      if (run.choices <= 0) return UNKNOWN;
      return maybe(callee.conditions, callHeld(run, call, seen(callee.then)), UNKNOWN);
    }
    default:
      return callUnseen(run, call);
  }
}

/** Runs a function now when it registers routes, else when its result is asked for. */
export function invoke(run: Run, closure: Closure, args: readonly Held[]): Held {
  if (run.registering.has(functionKey(closure))) return enter(run, closure, args);
  const { conditions } = run;
  let result: Held | undefined;
  const later = (): Held => {
    if (result) return result;
    result = UNKNOWN;
    const now = run.conditions;
    run.conditions = conditions;
    result = enter(run, closure, args);
    run.conditions = now;
    return result;
  };
  return { t: 'later', run: later };
}

/** Runs a function with these arguments. */
export function enter(run: Run, closure: Closure, args: readonly Held[]): Held {
  const fact = run.graph.function(closure);
  const frame: Frame = {
    file: closure.file,
    fn: closure.fn,
    values: new Map(),
    parent: closure.scope,
    ...(closure.self ? { self: closure.self } : {}),
    returns: [],
    conditions: run.conditions,
  };
  fact.params.forEach((each, position) => {
    const given = args[position];
    const rest: Held = { t: 'list', items: args.slice(position), open: false, conditions: run.conditions };
    const isMissing = given === undefined || given.t === 'none';
    if (each.rest) bind(run, frame, each.b, rest);
    else if (isMissing && each.initial) bind(run, frame, each.b, evaluate(run, frame, each.initial));
    else if (given !== undefined) bind(run, frame, each.b, given);
    else if (args.length > 0) bind(run, frame, each.b, NOTHING);
  });
  return runFunction(run, closure, frame);
}

function construct(run: Run, cls: Held & { t: 'class' }, args: readonly Held[]): Held {
  const made: Held = { t: 'object', fields: new Map(), of: cls, open: false, conditions: run.conditions };
  initialise(run, cls, made, args);
  return made;
}

function initialise(
  run: Run,
  cls: Held & { t: 'class' },
  self: Held,
  args: readonly Held[],
  depth = 0,
): void {
  const fact = run.graph.program.files[cls.file]?.facts.classes[cls.cls];
  if (!fact || depth > 10) return;
  const base = fact.base && seen(evaluate(run, cls.scope, fact.base));
  if (fact.construct === undefined && base?.t === 'class') initialise(run, base, self, args, depth + 1);
  const ref = { file: cls.file, scope: cls.scope, self } as const;
  enter(run, { t: 'closure', fn: fact.fields, ...ref }, []);
  if (fact.construct !== undefined) enter(run, { t: 'closure', fn: fact.construct, ...ref }, args);
}

function callSuper(run: Run, frame: Frame, value: CallValue): Held {
  let owner: Frame | undefined = frame;
  while (owner && !owner.self) owner = owner.parent;
  const fn = owner && run.graph.function(owner);
  const cls = fn?.owner && 'class' in fn.owner ? fn.owner.class : undefined;
  const fact = cls === undefined ? undefined : run.graph.program.files[frame.file]?.facts.classes[cls];
  const base = fact?.base && owner?.parent && seen(evaluate(run, owner.parent, fact.base));
  if (base?.t === 'class' && owner?.self)
    initialise(run, base, owner.self, listOf(run, frame, value.a).items);
  return NOTHING;
}

/** Of the callee only the flow is known: what it can be is run. */
function callUnseen(run: Run, call: Call): Held {
  const site = run.graph.site(call.value);
  const targets = (site ? run.graph.edgesOf(site) : []).filter((each) => each.kind === 'call');
  const results = targets.slice(0, 8).map((each) => invoke(run, detached(run, each.to), call.args));
  if (targets.length === 0) {
    runCallbacks(run, call.args);
    for (const each of call.args) if (each.t === 'router') addUnseen(run, call, each.router);
  }
  return results.length === 1 ? (results[0] ?? UNKNOWN) : UNKNOWN;
}

/** Code that is not followed is given a router: it may put a guard in front of what comes. */
function addUnseen(run: Run, call: Call, router: Router): void {
  router.entries.push({ ...entryAt(run, call), s: 'guard', fns: [UNKNOWN], exact: false });
}

/** Functions given to code that is not followed run, when they register something. */
function runCallbacks(run: Run, args: readonly Held[]): void {
  for (const each of args)
    if (each.t === 'closure' && run.registering.has(functionKey(each))) enter(run, each, []);
}

/** `await`: plugins that wait are loaded. */
export function awaited(held: Held): Held {
  const of = held;
  if (of.t === 'router') loadPending(of.router);
  if (of.t === 'list') for (const each of of.items) if (each.t === 'router') loadPending(each.router);
  return of;
}

const FIRST_ARGUMENT = new Set([
  'Promise.all',
  'Promise.resolve',
  'Promise.allSettled',
  'Object.freeze',
  'Object.seal',
]);

function callExternal(run: Run, call: Call, callee: Held & { t: 'external' }): Held {
  const { args } = call;
  const [first] = args;
  const made = routerMadeBy(run, call, callee);
  if (made) return made;
  if (callee.from === 'fastify-plugin') {
    const plugin = first && seen(first);
    if (plugin?.t === 'closure') return { ...plugin, skipsOverride: true };
  }
  if (callee.from === 'global') {
    if (FIRST_ARGUMENT.has(callee.path)) return first ?? NOTHING;
    const parts = /^Object\.(values|entries|keys)$/.exec(callee.path);
    if (parts && first) return partsOf(run, first, parts[1] ?? '');
    if (callee.path === 'String' && first) return first;
  }
  runCallbacks(run, args);
  return { t: 'external', from: callee.from, path: `${callee.path}()`, args };
}

function partsOf(run: Run, held: Held, part: string): Held {
  const of = seen(held);
  if (of.t !== 'object') return UNKNOWN;
  const { conditions } = run;
  const items = [...of.fields].map(([name, { value }]): Held => {
    const key: Held = { t: 'text', text: name };
    if (part === 'keys') return key;
    return part === 'values' ? value : { t: 'list', items: [key, value], open: false, conditions };
  });
  return { t: 'list', items, open: of.open, conditions };
}

function callMethod(run: Run, call: Call, of: Held, name: string): Held {
  const { args } = call;
  if (of.t === 'router') {
    if (name === 'then') {
      loadPending(of.router);
      runCallbacks(run, args);
      return of;
    }
    return callRouter(run, call, of.router, name);
  }
  if (of.t === 'chain') return callChain(run, call, of, name);
  if (of.t === 'list') return callListMethod(run, of, name, args);
  if (of.t === 'closure') {
    const [self, ...rest] = args;
    if (name === 'bind') return self ? { ...of, self } : of;
    if (name === 'call') return invoke(run, self ? { ...of, self } : of, rest);
  }
  if (of.t === 'text' && name === 'concat') return evaluateConcat(of, args);
  return of.t === 'text' ? { t: 'text', text: '\u0000' } : callUnseen(run, call);
}

function evaluateConcat(of: Held & { t: 'text' }, args: readonly Held[]): Held {
  const parts = args.map((each) => seen(each)).map((each) => (each.t === 'text' ? each.text : '\u0000'));
  return { t: 'text', text: [of.text, ...parts].join('') };
}

/** A member of an object by the name of what a call needs: shorthand for `memberOf` that runs what was put off. */
export const part = (run: Run, held: Held | undefined, name: string): Held =>
  held ? seen(memberOf(run, held, name)) : NOTHING;
