/** What functions that decide do when something fails. Used by guard-denies-on-error. */
import { eachValueIn } from '../../facts/walk.ts';
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import { createFailing, type Failing } from '../../lifecycle/releases/failing.ts';
import type { FunctionRef, Graph, Step } from '../graph.ts';
import { returnsOf } from './decision-callees.ts';
import type { Closure } from './held.ts';
import type { Run } from './run.ts';

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
  for (const value of eachValueIn(body)) {
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
