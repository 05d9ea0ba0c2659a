/** Which routes are for admins, and what guards them. Used by the rules about guards. */
import { eachValueIn } from '../../facts/walk.ts';
import type { Statement, Value } from '../../facts/model.ts';
import type { FunctionRef, Graph } from '../graph.ts';
import { assess, type Effect } from './assess.ts';
import { denialOf } from './denial.ts';
import { nameOfGuard } from './guard-names.ts';
import { seen, type Condition, type Held } from './held.ts';
import type { Guarding, Route } from './route-table.ts';
import type { Run } from './run.ts';
import { onlyValue } from './unknown-user.ts';

/** How one gets in: these must be open to those who are not in yet. */
const ENTRANCES =
  /^(log-?in|sign-?in|authenticate|forgot-?password|reset-?password|password-reset|callback|csrf|captcha)$/i;

/** A segment of the path is `admin`, and the route is no entrance. */
export function isAdminRoute(route: Route): boolean {
  const segments = route.path.split('/').filter((each) => each !== '');
  if (route.method === 'OPTIONS' || !segments.some((each) => /^admin$/i.test(each))) return false;
  return !segments.slice(1).some((each) => ENTRANCES.test(each));
}

export interface Seen extends Guarding {
  effect: Effect;
}

export type Finding =
  | { verdict: 'pass' }
  | { verdict: 'unknown'; why: string }
  | { verdict: 'unguarded' }
  | { verdict: 'conditionalGuard'; guard: Seen; condition: Condition }
  | { verdict: 'factoryNotCalled' | 'onlyAuthenticated' | 'guardTooLate'; guard: Seen };

/** What every function in front of a route does. */
export function assessAll(run: Run, guards: readonly Guarding[]): Seen[] {
  return guards.map((each) => ({ ...each, effect: assess(run, each.fn) }));
}

/** Whether a route is guarded, or what is wrong with its guards. */
export function judgeRoute(run: Run, route: Route, guards: readonly Seen[]): Finding {
  const denying = guards.filter((each) => each.effect === 'denies');
  if (isAlwaysThere(denying)) return { verdict: 'pass' };
  const handler = judgeHandler(run, route.handler);
  if (handler === 'denies') return { verdict: 'pass' };
  const unseen = guards.find((each) => each.effect === 'unknown');
  if (unseen) {
    const { file, line } = unseen.place;
    const why = `${nameOfGuard(run, unseen)}, put in front of it by ${unseen.how} at ${file}:${line}, is not followed`;
    return { verdict: 'unknown', why };
  }
  const conditional = [...denying, ...guards.filter((each) => each.effect === 'authenticates')].find(
    (each) => each.conditions.length > 0,
  );
  const [condition] = conditional?.conditions ?? [];
  if (conditional && condition) return { verdict: 'conditionalGuard', guard: conditional, condition };
  const factory = guards.find((each) => each.effect === 'factory');
  if (factory) return { verdict: 'factoryNotCalled', guard: factory };
  const asking = guards.find((each) => each.effect === 'authenticates');
  if (asking)
    return handler === 'open' ? { verdict: 'onlyAuthenticated', guard: asking } : { verdict: 'pass' };
  if (handler === 'unknown')
    return { verdict: 'unknown', why: 'its handler is not followed, and no guard is in front of it' };
  if (route.isLoose)
    return { verdict: 'unknown', why: 'nothing is seen to mount its router, and no guard is on it' };
  const late = assessAll(run, route.late).find((each) => each.effect === 'denies');
  return late ? { verdict: 'guardTooLate', guard: late } : { verdict: 'unguarded' };
}

/** Whatever holds, one of them is there. */
function isAlwaysThere(denying: readonly Seen[]): boolean {
  return isCovered(denying.map((each) => each.conditions));
}

/** Tries both sides of one condition after the other; few, or it is not told. */
function isCovered(all: readonly (readonly Condition[])[], depth = 0): boolean {
  if (all.some((each) => each.length === 0)) return true;
  const [deciding] = all.flat();
  if (!deciding || depth > 8) return false;
  const { key } = deciding;
  return [true, false].every((negated) =>
    isCovered(
      all
        .filter((each) => !each.some((other) => other.key === key && other.negated !== negated))
        .map((each) => each.filter((other) => other.key !== key)),
      depth + 1,
    ),
  );
}

/** `open`: it gives the same to everybody. `uses`: it looks at who asks, so that more than is seen may be decided. */
function judgeHandler(run: Run, held: Held): 'denies' | 'open' | 'uses' | 'unknown' {
  const handler = seen(held);
  if (handler.t === 'external') return assess(run, handler) === 'denies' ? 'denies' : 'unknown';
  if (handler.t === 'flow') {
    const effect = assess(run, handler);
    return effect === 'unknown' ? 'unknown' : effect === 'denies' ? 'uses' : 'open';
  }
  if (handler.t !== 'closure') return 'unknown';
  const found = denialOf(run, handler);
  // A helper that says 401 where no guard has set a user asks for no role.
  if ((found.answers || found.throwsDenied) && (found.decides || !found.unknownUser)) return 'denies';
  if (found.unseen) return 'unknown';
  return readsIdentity(run.graph, handler) ? 'uses' : 'open';
}

const IDENTITY =
  /^(user|auth|session|viewer|identity|account|principal|claims|jwtPayload|state|locals|var|role|roles)$/;

/** The function looks at who sent the request. */
function readsIdentity(graph: Graph, ref: FunctionRef): boolean {
  const { body } = graph.function(ref);
  for (const value of eachValueIn(body)) {
    if (value.k === 'member' && IDENTITY.test(value.p) && !isSent(value.o, body)) return true;
    if (value.k === 'fn' && readsIdentity(graph, { file: ref.file, fn: value.id })) return true;
  }
  return false;
}

/** What the request says of somebody, like the `role` of a user to be made, tells nothing of who sent it. */
function isSent(value: Value, body: readonly Statement[]): boolean {
  const of = value.k === 'ref' ? onlyValue(body, value.b) : value;
  return of?.k === 'member' && /^(body|query|params)$/.test(of.p) && of.o.k === 'ref';
}

/** The handler only hands out a file or points elsewhere: a page before the log-in. */
export function servesPage(graph: Graph, held: Held): boolean {
  const handler = seen(held);
  if (handler.t !== 'closure') return false;
  const calls = [...eachValueIn(graph.function(handler).body)].flatMap((each) =>
    each.k === 'call' ? [each.f.k === 'member' ? each.f.p : ''] : [],
  );
  const serves = calls.some((each) => /^(sendFile|redirect)$/.test(each));
  return serves && calls.every((each) => /^(sendFile|redirect|join|resolve|type|status|code)$/.test(each));
}
