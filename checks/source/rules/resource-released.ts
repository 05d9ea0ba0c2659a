import { begunAt, elsewherePath, fateOf, openPath, rootsPath } from '../lifecycle/releases/released.ts';
import { hasShutdown } from '../lifecycle/lifecycle.ts';
import { listenersLeft, type Listener } from '../lifecycle/releases/listeners.ts';
import { repeatedIn } from '../lifecycle/releases/repeated.ts';
import { isOfDeadHook } from '../lifecycle/starts/dead-hooks.ts';
import { releasedWhereOpened } from '../lifecycle/releases/holders.ts';
import { isExit } from '../lifecycle/exits/exits.ts';
import { lostBetween, lostData, lostPath } from '../lifecycle/releases/between.ts';
import { createFailing, type Failing } from '../lifecycle/releases/failing.ts';
import { endsBeside, isCommand } from '../lifecycle/releases/harmless.ts';
import { isReplacedEachTime, wrongCall } from '../lifecycle/releases/wrong-call.ts';
import { functionKey, type Graph, type Resource } from '../graph/graph.ts';
import { defineRule, type Examination, type Examine } from '../rule.ts';
import type { TypeOracle } from '../types/oracle.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId =
  | 'neverReleased'
  | 'releaseUnreachable'
  | 'listenerLeft'
  | 'lostOnFailure'
  | 'lostOnReturn'
  | 'wrongRelease'
  | 'handleLost';

export default defineRule<MessageId>({
  id: 'resource-released',
  title: 'what is opened at start is released on the shutdown path',
  why: 'What stays open keeps the process alive until it is killed, or loses what it had not written yet.',
  fix: 'keep the handle where the shutdown can reach it, and release it there',
  messages: {
    neverReleased: '{noun} opened in {where} is never released; {hint}',
    releaseUnreachable:
      '{noun} opened in {where} is released in {released}, which no shutdown handler reaches; call it there',
    listenerLeft:
      'listener added to {on} in {where}, which runs again and again, is never taken off: each run leaves one more; take it off with {off} when the run ends, or add it once at start',
    lostOnFailure:
      '{noun} opened in {where} stays open when {callee}() fails before {release}() is reached; release it in a finally',
    lostOnReturn:
      '{noun} opened in {where} stays open where {where} is left before {release}() is reached; release it in a finally',
    wrongRelease: '{noun} opened in {where} is never released: {callee}() is no release, {does}; {hint}',
    handleLost: 'the handle of the {noun} opened in {where} is {lost}, so nothing can release it; {hint}',
  },
  check({ graph, types, examine }) {
    const exitsByCall = graph.program.sites.some(
      (each) => graph.shutdown.has(functionKey(each)) && isExit(graph, each),
    );
    const context: Context = { graph, types, failing: createFailing(graph), exitsByCall };
    // Exchanges and what is handed to a library have rules of their own: exchange-closed, ownership-transferred.
    for (const resource of graph.resources)
      if (resource.row.kind !== 'exchange' && !graph.program.lent.has(resource.id))
        judge(context, resource, examine);
    for (const each of listenersLeft(graph))
      examineListener(graph, examine(callSubject(graph, each.site)), each);
  },
});

interface Context {
  graph: Graph;
  types: TypeOracle;
  failing: Failing;
  exitsByCall: boolean;
}

function judge(
  { graph, types, failing, exitsByCall }: Context,
  resource: Resource,
  examine: Examine<MessageId>,
): void {
  const { row } = resource;
  const begun = begunAt(resource);
  // Without a shutdown path there is nothing to judge by; that it is missing is said by signal-handled.
  const judged = hasShutdown(graph) || row.keepsProcessAlive || releasedWhereOpened(graph, resource);
  const lost = lostBetween(graph, failing, resource);
  const ends = isCommand(graph, resource) || endsBeside(graph, resource, exitsByCall);
  if ((!lost && (!judged || ends)) || isOfDeadHook(graph, resource)) return;
  const fate = fateOf(graph, types, resource, enclosing(graph, begun));
  // What a library was given for one call, and what holds nothing open, is the library's to end.
  if (fate.is === 'unknown' && !row.keepsProcessAlive && !graph.start.has(functionKey(resource.site))) return;
  const examination = examine(callSubject(graph, begun));
  const data = { noun: row.noun, hint: row.hint, where: enclosing(graph, begun) };
  const path = openPath(graph, resource);
  const wrong = fate.is === 'released' || fate.is === 'unknown' ? undefined : wrongCall(graph, resource);
  if (lost)
    examination.fail(
      lost.how === 'failure' ? 'lostOnFailure' : 'lostOnReturn',
      { ...data, ...lostData(lost) },
      [...path, ...lostPath(graph, resource, lost)],
    );
  else if (wrong)
    examination.fail('wrongRelease', { ...data, callee: wrong.site.call.text, does: wrong.does }, [
      ...path,
      { location: graph.locateCall(wrong.site), note: `${wrong.site.call.text}() is called instead` },
    ]);
  else if (fate.is === 'released' && isReplacedEachTime(graph, resource))
    examination.fail('handleLost', { ...data, lost: 'replaced each time it runs' }, [
      ...repeatedIn(graph).path(resource.site),
      ...path,
    ]);
  else if (fate.is === 'released' || (row.flushedAtNaturalExit && !exitsByCall)) examination.pass();
  else if (fate.is === 'unknown') examination.unknown(fate.reason, fate.because);
  else if (fate.is === 'lost') examination.fail('handleLost', { ...data, lost: fate.how }, path);
  else if (fate.is === 'unreachable')
    examination.fail('releaseUnreachable', { ...data, released: enclosing(graph, fate.by) }, [
      ...path,
      elsewherePath(graph, fate.by),
    ]);
  else examination.fail('neverReleased', data, [...path, ...rootsPath(graph)]);
}

function examineListener(
  graph: Graph,
  examination: Examination<MessageId>,
  { site, on, fate }: Listener,
): void {
  const where = enclosing(graph, site);
  const isTarget = site.call.f.k === 'member' && site.call.f.p === 'addEventListener';
  const off = isTarget ? 'removeEventListener(event, handler)' : 'off(event, handler)';
  if (fate.is === 'released') examination.pass();
  else if (fate.is === 'unknown') {
    const { file, line } = graph.locateCall(fate.by);
    examination.unknown(
      `listener added to ${on} in ${where}: ${fate.by.call.text}() at ${file}:${line} may take it off, but nothing is seen to run that when the run of ${where} ends`,
    );
  } else
    examination.fail('listenerLeft', { on, where, off: `${on}.${off}` }, [
      ...repeatedIn(graph).path(site),
      { location: graph.locateCall(site), note: 'listener added here' },
    ]);
}
