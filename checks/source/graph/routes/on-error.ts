/** What functions that decide, and guards, do when something fails. Used by guard-denies-on-error. */
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import { createFailing, type Failing } from '../failing.ts';
import type { FunctionRef, Graph, Step } from '../graph.ts';
import { returnsOf } from './decision-callees.ts';
import { denialIn } from './denial.ts';
import { parameterOf } from './denial-signs.ts';
import type { Closure } from './held.ts';
import type { Run } from './run.ts';
import { eachStatement, eachValue } from './walk-facts.ts';

/** Something that can throw, where nothing in the function catches it. */
export interface Failure {
  at: number;
  what: string;
}

const failings = new WeakMap<Graph, Failing>();

export function firstFailure(graph: Graph, ref: FunctionRef, depth = 0): Failure | undefined {
  const failing = failings.get(graph) ?? createFailing(graph);
  failings.set(graph, failing);
  return inSteps({ graph, failing, ref, depth }, graph.steps(ref));
}

interface At {
  graph: Graph;
  failing: Failing;
  ref: FunctionRef;
  depth: number;
}

function inSteps(at: At, steps: readonly Step[]): Failure | undefined {
  for (const step of steps) {
    const found = inStep(at, step);
    if (found) return found;
  }
  return undefined;
}

function inStep(at: At, step: Step): Failure | undefined {
  const { graph, failing, ref, depth } = at;
  const inner = (steps: readonly Step[]): Failure | undefined => inSteps(at, steps);
  switch (step.s) {
    case 'guard': {
      const handled = step.handlers.every((each) => !failing.handler(each, ref));
      return inner(step.handler) ?? (handled ? undefined : inner(step.body));
    }
    case 'finally':
      return inner(step.body) ?? inner(step.after);
    case 'loop':
      return inner(step.body);
    case 'branch':
      return step.branches.map(inner).find((each) => each !== undefined);
    case 'throw':
      return { at: step.at, what: 'it throws by itself' };
    case 'wait':
      return failing.steps([step], ref) ? { at: step.at, what: 'what it awaits can reject' } : undefined;
    case 'call':
    case 'group':
      return failing.steps([step], ref) ||
        isForeign(graph, step.call) ||
        leadsToFailure(graph, step.call, depth)
        ? { at: step.call.at, what: `${step.call.text}() can fail` }
        : undefined;
    default:
      return undefined;
  }
}

/** A function of the project that throws when what it calls does; an asynchronous one rejects, which is another matter. */
function leadsToFailure(graph: Graph, call: CallValue, depth: number): boolean {
  const site = graph.site(call);
  if (!site || depth > 5) return false;
  return graph
    .edgesOf(site)
    .some(
      (each) =>
        each.kind === 'call' &&
        !graph.function(each.to).isAsync &&
        firstFailure(graph, each.to, depth + 1) !== undefined,
    );
}

const LOGGING = /^(trace|debug|info|warn|error|fatal|log|child)$/;
const SAFE_MODULES = /^(global|node:(path|util|url|os|events|timers|process|buffer))$/;

/** A call of a resource, of another package or of a part of the platform that throws when something is wrong. */
function isForeign(graph: Graph, call: CallValue): boolean {
  const site = graph.site(call);
  if (!site || graph.edgesOf(site).some((each) => each.kind === 'call')) return false;
  if (call.f.k === 'member' && (LOGGING.test(call.f.p) || ['then', 'catch', 'finally'].includes(call.f.p)))
    return false;
  return graph.things(site.callee).some((each) => {
    if (each.t === 'external') return !SAFE_MODULES.test(each.from);
    return each.t === 'method' && graph.program.flow.things[each.of]?.t === 'resource';
  });
}

export const isTrue = (value: Value): boolean =>
  value.k === 'constant'
    ? value.text === 'true'
    : value.k === 'operands' &&
      value.op === '!' &&
      value.vs[0]?.k === 'constant' &&
      value.vs[0].text === 'false';

/** The place of a catch after which a function answers true. */
export function allowsOnError(run: Run, closure: Closure): number | undefined {
  const { body } = run.graph.function(closure);
  const inCatch = catchGivingTrue(body, []);
  if (inCatch !== undefined) return inCatch;
  for (const value of eachValue(body)) {
    if (value.k !== 'call' || value.f.k !== 'member') continue;
    const handler = value.f.p === 'catch' ? value.a[0] : value.f.p === 'then' ? value.a[1] : undefined;
    if (handler?.k !== 'fn') continue;
    if (returnsOf(run.graph.function({ file: closure.file, fn: handler.id }).body).some(isTrue))
      return value.at;
  }
  return undefined;
}

function catchGivingTrue(body: readonly Statement[], after: readonly Statement[]): number | undefined {
  for (const [position, statement] of body.entries()) {
    const rest = [...body.slice(position + 1), ...after];
    if (statement.s === 'try') {
      const handler = statement.catch;
      const given = handler && firstReturn([...handler.body, ...rest]);
      if (handler && given && isTrue(given)) return handler.at;
      const inner = catchGivingTrue(statement.body, rest);
      if (inner !== undefined) return inner;
    } else if (statement.s === 'if' || statement.s === 'block' || statement.s === 'loop') {
      const parts = statement.s === 'if' ? [statement.then, statement.else] : [statement.body];
      const inner = parts.map((each) => catchGivingTrue(each, rest)).find((each) => each !== undefined);
      if (inner !== undefined) return inner;
    }
  }
  return undefined;
}

/** What is returned when the steps go straight through; nothing when a condition or a throw is in between. */
function firstReturn(body: readonly Statement[]): Value | undefined {
  for (const each of body) {
    if (each.s === 'return') return each.v;
    if (each.s === 'throw' || each.s === 'if' || each.s === 'switch' || each.s === 'try') return undefined;
  }
  return undefined;
}

/** A try of a guard that holds its denial. */
export interface DenyingTry {
  at: number;
  /** The catch goes on as if the request had passed. */
  swallows: boolean;
}

export function denyingTries(run: Run, guard: Closure): DenyingTry[] {
  return triesIn(run, guard, run.graph.function(guard).body, []);
}

function triesIn(
  run: Run,
  guard: Closure,
  body: readonly Statement[],
  after: readonly Statement[],
): DenyingTry[] {
  return body.flatMap((statement, position): DenyingTry[] => {
    const rest = [...body.slice(position + 1), ...after];
    if (statement.s === 'if')
      return [statement.then, statement.else].flatMap((each) => triesIn(run, guard, each, rest));
    if (statement.s === 'block' || statement.s === 'loop') return triesIn(run, guard, statement.body, rest);
    if (statement.s !== 'try') return [];
    const inner = triesIn(run, guard, statement.body, rest);
    const found = denialIn(run, guard, statement.body);
    if (!statement.catch || (!found.answers && !found.throws)) return inner;
    return [...inner, { at: statement.catch.at, swallows: goesOn(run, guard, statement.catch.body, rest) }];
  });
}

/** The catch passes by itself, or does nothing and what follows passes. */
function goesOn(
  run: Run,
  guard: Closure,
  handler: readonly Statement[],
  rest: readonly Statement[],
): boolean {
  const denied = denialIn(run, guard, handler);
  if (denied.answers || denied.throws) return false;
  if (endsOtherwise(run, guard, handler)) return false;
  if (passes(run, guard, handler)) return true;
  const ends = [...eachStatement(handler)].some((each) => each.s === 'return');
  const after = denialIn(run, guard, rest);
  if (!ends && (after.answers || after.throws)) return false;
  return usesNext(run, guard) ? !ends && passes(run, guard, rest) : true;
}

/** It gives something back, throws whatever, or answers in some way. */
function endsOtherwise(run: Run, guard: Closure, handler: readonly Statement[]): boolean {
  for (const each of eachStatement(handler))
    if (each.s === 'throw' || (each.s === 'return' && each.v.k !== 'none' && !isPass(run, guard, each.v)))
      return true;
  for (const value of eachValue(handler))
    if (
      value.k === 'call' &&
      /(^|\.)(send|sendStatus|json|text|end|redirect|render|throw|destroy|status|code)$/.test(value.text)
    )
      if (value.f.k === 'member' && rootIsParameter(run, guard, value.f.o)) return true;
  return false;
}

function rootIsParameter(run: Run, guard: Closure, value: Value): boolean {
  if (value.k === 'call' && value.f.k === 'member') return rootIsParameter(run, guard, value.f.o);
  return parameterOf(run, guard, value) !== undefined;
}

/** `next()` with nothing: a parameter that is not the first. */
function isPass(run: Run, guard: Closure, value: Value): boolean {
  if (value.k === 'await') return isPass(run, guard, value.v);
  return (
    value.k === 'call' &&
    value.a.length === 0 &&
    value.f.k === 'ref' &&
    (parameterOf(run, guard, value.f) ?? 0) > 0
  );
}

const passes = (run: Run, guard: Closure, body: readonly Statement[]): boolean =>
  [...eachValue(body)].some((each) => isPass(run, guard, each));

const usesNext = (run: Run, guard: Closure): boolean => passes(run, guard, run.graph.function(guard).body);
