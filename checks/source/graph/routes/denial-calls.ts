/** What expressions and calls do to a request: answers, what callees throw, handlers of rejections. Part of `denial.ts`. */
import { innerValues } from '../../facts/walk.ts';
import type { CallValue, Value } from '../../facts/model.ts';
import { calleeOf, targetsOf } from './callees.ts';
import {
  denialOf,
  isOfUnknown,
  noteError,
  noteThrown,
  walkAll,
  walkCaught,
  type Denial,
  type Walk,
} from './denial.ts';
import { answersDenied, givesRequest, isNext, isUnseen, isVerifying } from './denial-signs.ts';
import type { Held } from './held.ts';
import { rejectionHandlerOf, type RejectionHandler } from './rejections.ts';
import { frameOf, isDenied, statusOfValue, type Status } from './status.ts';

export function walkValue(walk: Walk, value: Value): void {
  if (value.k === 'call') {
    walkCall(walk, value);
    return;
  }
  if (value.k === 'assign') noteStatus(walk, value);
  for (const each of innerValues(value)) walkValue(walk, each);
}

/** `ctx.status = 401`. */
function noteStatus(walk: Walk, value: Value & { k: 'assign' }): void {
  if (value.t.k !== 'member' || !/^(status|statusCode)$/.test(value.t.p)) return;
  // An error that is made says nothing until it is thrown.
  const { kind } = walk.run.graph.function(walk.closure);
  if (value.t.o.k === 'this' && (kind === 'fields' || kind === 'constructor')) return;
  const status = statusOfValue(walk.run, walk.frame, value.v);
  if (isDenied(status)) noteAnswer(walk, status);
}

function noteAnswer(walk: Walk, status: Status): void {
  walk.found.answers = true;
  if (!walk.isInvalid && !isOfUnknown(walk, status)) walk.found.decides = true;
}

function walkCall(walk: Walk, call: CallValue): void {
  const handler = rejectionHandlerOf(walk.run, walk.frame, call);
  if (handler) {
    walkRejection(walk, handler);
    return;
  }
  walkValue(walk, call.f);
  const callee = calleeOf(walk.run, walk.frame, call);
  const verifies = isVerifying(call, callee);
  if (verifies) walk.found.verifies = true;
  if (verifies && walk.caught) walk.found.verifiesCaught = true;
  const status = answersDenied(walk, call);
  if (status) noteAnswer(walk, status);
  const [first] = call.a;
  if (isNext(walk, call) && first && first.k !== 'text') handOn(walk, first);
  const chained = call.f.k === 'member' && ['then', 'catch', 'finally'].includes(call.f.p);
  const inner = { ...walk, isInvalid: walk.isInvalid || verifies };
  for (const each of call.a) {
    // What is thrown in a function that somebody else calls goes nowhere.
    if (each.k === 'fn') walkCallback(chained ? inner : { ...inner, caught: [] }, each);
    else walkValue(walk, each);
  }
  if (!verifies) walkCallee(walk, call, callee);
}

/** `next(error)` goes past every catch. */
function handOn(walk: Walk, error: Value): void {
  const { caught: _caught, ...outside } = walk;
  noteError(outside, error);
}

/** As a try with a catch. */
function walkRejection(walk: Walk, { of, ok, b, body, named }: RejectionHandler): void {
  const inHandler = walkCaught(walk, b, (inner) => walkValue(inner, of));
  if (ok?.k === 'fn') walkCallback(walk, ok);
  else if (ok) walkValue(walk, ok);
  walkAll(named ? { ...inHandler, closure: named, frame: frameOf(named) } : inHandler, body);
}

function walkCallback(walk: Walk, value: Value & { k: 'fn' }): void {
  walkAll(walk, walk.run.graph.function({ file: walk.frame.file, fn: value.id }).body);
}

function walkCallee(walk: Walk, call: CallValue, callee: Held): void {
  const { run, depth } = walk;
  const targets = targetsOf(run, call, callee);
  const given = givesRequest(walk, call);
  for (const each of targets) merge(walk, denialOf(run, each, depth + 1), given);
  if (targets.length === 0 && isUnseen(walk, call, callee)) walk.found.unseen = true;
}

function merge(walk: Walk, inner: Denial, isGivenRequest: boolean): void {
  const { found, isInvalid } = walk;
  found.answers ||= inner.answers;
  found.verifies ||= inner.verifies;
  found.unknownUser ||= inner.unknownUser;
  found.verifiesCaught ||= inner.verifiesCaught || (inner.verifies && walk.caught !== undefined);
  // What a callee does with anything but the request is no guard.
  found.unseen ||= inner.unseen && isGivenRequest;
  // A function that calls itself adds to what it reads.
  for (const each of [...inner.errors]) noteThrown(walk, { ...each, decides: each.decides && !isInvalid });
  if (inner.decides && inner.answers && !isInvalid) found.decides = true;
}
