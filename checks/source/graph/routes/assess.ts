/** What a function in front of a route does to a request. Used by the rules about guards. */
import type { FunctionRef } from '../graph.ts';
import { denialOf, type Denial } from './denial.ts';
import { returnsOf } from './decision-callees.ts';
import { seen, type ClassHeld, type Closure, type Held } from './held.ts';
import { memberOf } from './members.ts';
import { isTrue } from './on-error.ts';
import { evaluate } from './run-expression.ts';
import { packageGuard } from './packages.ts';
import { detached } from './detached.ts';
import { asksNothingElse } from './unknown-user.ts';
import { enter } from './run-call.ts';
import type { Run } from './run.ts';
import { workerOf } from './worker.ts';

/**
 * `denies`: can turn a request away; `authenticates`: only when its token is not valid; `nothing`: never; `factory`: makes
 * a function that would, and nobody calls it; `unknown`: not followed.
 */
export type Effect = 'denies' | 'authenticates' | 'nothing' | 'factory' | 'unknown';

export function assess(run: Run, held: Held, depth = 0): Effect {
  const fn = seen(held);
  if (depth > 5) return 'unknown';
  switch (fn.t) {
    case 'closure':
      return ofClosure(run, fn, depth);
    case 'external': {
      const kind = packageGuard(fn);
      if (kind === 'wraps') return anyOf(run, fn.args ?? [], depth);
      if (kind !== 'unknown') return kind;
      // What a wrapper of an unknown package is given says more than its name.
      return anyOf(run, fn.args ?? [], depth) === 'denies' ? 'denies' : 'unknown';
    }
    case 'method':
      return /^(basicAuth|verifyBearerAuth)$/.test(fn.name) ? 'denies' : 'unknown';
    case 'flow':
      return ofFlow(run, fn.node, depth);
    case 'maybe': {
      const both = [assess(run, fn.then, depth + 1), assess(run, fn.otherwise, depth + 1)];
      return both.every((each) => each === 'denies') ? 'denies' : 'unknown';
    }
    case 'class':
      return ofNestGuard(run, fn, depth);
    case 'object':
      return fn.of ? ofNestGuard(run, fn.of, depth) : 'unknown';
    case 'none':
    case 'constant':
    case 'router':
      return 'nothing';
    default:
      return 'unknown';
  }
}

function ofClosure(run: Run, closure: Closure, depth: number): Effect {
  // Four parameters: express calls it with errors only.
  const fact = run.graph.function(closure);
  const found = denialOf(run, closure);
  if (found.answers || found.throws) {
    const onlyToken = found.verifies && !found.decides;
    return onlyToken && (!found.unknownUser || (!found.unseen && asksNothingElse(run, closure)))
      ? 'authenticates'
      : 'denies';
  }
  if (found.verifies && !swallows(found)) return 'authenticates';
  if (fact.body.some((each) => each.s === 'return')) {
    const made = seen(enter(run, closure, []));
    const inner = made.t === 'closure' && depth < 3 ? ofClosure(run, made, depth + 1) : 'nothing';
    if (inner === 'denies' || inner === 'authenticates') return 'factory';
  }
  return found.unseen ? 'unknown' : 'nothing';
}

/** A guard of NestJS: a class whose `canActivate` denies by anything but true. */
function ofNestGuard(run: Run, cls: ClassHeld, depth: number): Effect {
  const method = activation(run, cls);
  if (method) {
    const found = denialOf(run, method);
    const returned = returnsOf(run.graph.function(workerOf(run, method)).body);
    return found.answers || found.throws || returned.some((each) => !isTrue(each)) ? 'denies' : 'nothing';
  }
  const base = run.graph.program.files[cls.file]?.facts.classes[cls.cls]?.base;
  return base ? assess(run, evaluate(run, cls.scope, base), depth + 1) : 'unknown';
}

/** `canActivate`, written as a method or as a field that holds a function. */
function activation(run: Run, cls: ClassHeld): Closure | undefined {
  const made: Held = { t: 'object', fields: new Map(), of: cls, open: false, conditions: [] };
  const method = seen(memberOf(run, made, 'canActivate'));
  if (method.t === 'closure') return method;
  const { flow } = run.graph.program;
  const instance = flow.intern({ t: 'instance', file: cls.file, cls: cls.cls });
  const [field] = run.graph.things(flow.field(instance, 'canActivate'));
  return field?.t === 'function' ? detached(run, field) : undefined;
}

/** A verification inside a try whose catch lets pass denies nobody. */
const swallows = (found: Denial): boolean => found.verifiesCaught;

function anyOf(run: Run, all: readonly Held[], depth: number): Effect {
  const effects = all
    .map(seen)
    .flatMap((each) => (each.t === 'list' ? each.items : [each]))
    .map((each) =>
      ['closure', 'external', 'flow', 'method'].includes(each.t) ? assess(run, each, depth + 1) : 'nothing',
    );
  return (
    (['denies', 'authenticates', 'unknown'] as const).find((each) => effects.includes(each)) ?? 'nothing'
  );
}

function ofFlow(run: Run, node: number, depth: number): Effect {
  const things = run.graph.things(node);
  const effects = things.map((each): Effect => {
    if (each.t === 'function') return ofClosure(run, detached(run, each as FunctionRef), depth);
    return each.t === 'external'
      ? assess(run, { t: 'external', from: each.from, path: each.path }, depth + 1)
      : 'unknown';
  });
  const [first] = effects;
  return first !== undefined && effects.every((each) => each === first) ? first : 'unknown';
}
