/** Checks that deny by rejecting, whose promise nobody takes. Used by guard-denies-on-error. */
import { eachStatement } from '../../facts/walk.ts';
import type { CallValue } from '../../facts/model.ts';
import { callees, surelyGivesPromise } from './decision-callees.ts';
import { denialOf } from './denial.ts';
import type { Closure } from './held.ts';
import type { Run } from './run.ts';

/** `assertAdmin(request);` where `assertAdmin` is asynchronous and denies by throwing. */
export function droppedChecks(run: Run, by: Closure): CallValue[] {
  return [...eachStatement(run.graph.function(by).body)].flatMap((each): CallValue[] => {
    const value = each.s === 'do' ? (each.v.k === 'void' ? each.v.v : each.v) : undefined;
    if (value?.k !== 'call') return [];
    const targets = callees(run, by, value);
    const denies = targets.some((target) => denialOf(run, target).throwsDenied);
    return denies && surelyGivesPromise(run, value, targets) ? [value] : [];
  });
}
