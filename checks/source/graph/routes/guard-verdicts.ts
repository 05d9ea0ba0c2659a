/** What guards, and the functions that they ask, do when something fails: one verdict each. Used by guard-denies-on-error. */
import type { Location, PathStep } from '../../../../harness/verdict.ts';
import type { TypeOracle } from '../../types/oracle.ts';
import { functionKey, type Graph } from '../graph.ts';
import { answersBoolean, asksForAdmin, reachedFrom, surelyGivesPromise } from './decision-callees.ts';
import { decisionsIn, type Decision } from './decisions.ts';
import { denyingTries } from './denying-tries.ts';
import { droppedChecks } from './dropped-checks.ts';
import { guardFunctions, type GuardFunction } from './guard-functions.ts';
import type { Closure } from './held.ts';
import { allowsOnError, firstFailure } from './on-error.ts';
import { routeTable } from './route-table.ts';
import type { Run } from './run.ts';
import { workerOf } from './worker.ts';

export interface GuardVerdict {
  subject: string;
  location: Location;
  /** Nothing is wrong without it. */
  fault?: {
    id: 'throws' | 'allowsOnError' | 'swallowsDenial' | 'notAwaited';
    words: Record<string, string>;
  };
  path: PathStep[];
}

export function guardVerdicts(graph: Graph, types: TypeOracle): GuardVerdict[] {
  const table = routeTable(graph);
  const judging: Judging = { graph, types, run: table.run, out: [], done: new Set(), decided: new Map() };
  for (const guard of guardFunctions(table))
    judgeGuard(judging, { ...guard, closure: workerOf(table.run, guard.closure) });
  return [...judging.out, ...[...judging.decided.values()].map((each) => judgeDecider(judging, each))];
}

interface Judging {
  graph: Graph;
  types: TypeOracle;
  run: Run;
  out: GuardVerdict[];
  /** Places that were examined. */
  done: Set<string>;
  decided: Map<string, Decider>;
}

/** A function that answers whether somebody is an admin. */
interface Decider {
  closure: Closure;
  guard: GuardFunction;
  asked: Decision[];
}

function judgeGuard(judging: Judging, guard: GuardFunction): void {
  const { run, graph, out } = judging;
  if (guard.guarding)
    for (const each of denyingTries(run, guard.closure)) {
      const location = graph.locate(guard.closure.file, each.at);
      if (!isNew(judging, `try ${location.file}:${location.line}:${location.column}`)) continue;
      const name = graph.nameOf(guard.closure);
      const fault = each.swallows ? { fault: { id: 'swallowsDenial', words: { name } } as const } : {};
      out.push({ subject: `${location.file} ${name}: catch`, location, ...fault, path: pathOf(guard) });
    }
  for (const by of reachedFrom(run, guard.closure)) {
    for (const each of decisionsIn(run, by)) judgeDecision(judging, guard, each);
    for (const each of droppedChecks(run, by))
      notAwaited(judging, guard, by, each, 'its error reaches nobody, and the request goes on');
  }
}

function isNew({ done }: Judging, key: string): boolean {
  if (done.has(key)) return false;
  done.add(key);
  return true;
}

function judgeDecision(judging: Judging, guard: GuardFunction, decision: Decision): void {
  const { graph, run, out, decided } = judging;
  const { call, by, targets } = decision;
  if (targets.length === 0) return;
  const location = graph.locate(by.file, call.at);
  const isPromise = surelyGivesPromise(run, call, targets);
  if (isPromise && !decision.isAwaited)
    notAwaited(judging, guard, by, call, 'a promise counts as true, whatever it will say');
  else if (isPromise && isNew(judging, `call ${by.file} ${call.start}`))
    out.push({ subject: `${location.file} ${graph.nameOf(by)}: ${call.text}()`, location, path: [] });
  if (!decision.isPermit) return;
  for (const target of targets) {
    const closure = workerOf(run, target);
    if (!answersBoolean(run, closure) || !((guard.isAdmin && guard.guarding) || asksForAdmin(run, closure)))
      continue;
    const known = decided.get(functionKey(closure));
    if (known) known.asked.push(decision);
    else decided.set(functionKey(closure), { closure, guard, asked: [decision] });
  }
}

function notAwaited(
  judging: Judging,
  guard: GuardFunction,
  by: Closure,
  call: Decision['call'],
  effect: string,
): void {
  const { graph, types, out } = judging;
  if (!isNew(judging, `call ${by.file} ${call.start}`)) return;
  const location = graph.locate(by.file, call.at);
  // Where the types are there and say that it is no promise, another function is meant.
  if (types.isPromise({ file: location.file, start: call.start, end: call.end }) === false) return;
  const name = graph.nameOf(by);
  out.push({
    subject: `${location.file} ${name}: ${call.text}()`,
    location,
    fault: { id: 'notAwaited', words: { callee: call.text, name, effect } },
    path: [...pathOf(guard), { location, note: `${call.text}() is called here, without await` }],
  });
}

function judgeDecider({ graph, run }: Judging, { closure, guard, asked }: Decider): GuardVerdict {
  const name = graph.nameOf(closure);
  const place = (at: number): Location => graph.locate(closure.file, at);
  const subject = `${place(0).file} ${name}`;
  const allows = allowsOnError(run, closure);
  const failure = asked.every((each) => each.isCaught) ? undefined : firstFailure(graph, closure);
  const location = place(allows ?? failure?.at ?? graph.function(closure).at);
  const calls = asked.map(({ by, call }): PathStep => ({
    location: graph.locate(by.file, call.at),
    note: `${graph.nameOf(by)} asks it here`,
  }));
  const path = [...pathOf(guard), ...calls.slice(0, 3)];
  const given = { subject, location, path };
  if (allows !== undefined) return { ...given, fault: { id: 'allowsOnError', words: { name } } };
  return failure ? { ...given, fault: { id: 'throws', words: { name, what: failure.what } } } : given;
}

/** The route, and where its guard is put in front of it. */
function pathOf({ route, guarding }: GuardFunction): PathStep[] {
  const steps = route.mounts.slice(-1);
  return guarding
    ? [...steps, { location: guarding.place, note: `${guarding.how} puts the guard in front` }]
    : steps;
}
