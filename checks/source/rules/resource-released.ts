import { begunAt, elsewherePath, fateOf, openPath, rootsPath } from '../lifecycle/releases/released.ts';
import { listenersLeft, type Listener } from '../lifecycle/releases/listeners.ts';
import { repeatedIn } from '../lifecycle/releases/repeated.ts';
import { releasedWhereOpened } from '../lifecycle/releases/holders.ts';
import { isExit } from '../lifecycle/exits/exits.ts';
import { functionKey, type Graph, type Resource } from '../graph/graph.ts';
import { defineRule, type Examination } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
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
    handleLost: 'the handle of the {noun} opened in {where} is {lost}, so nothing can release it; {hint}',
  },
  check({ graph, types, examine }) {
    const exitsByCall = graph.program.sites.some(
      (each) => graph.shutdown.has(functionKey(each)) && isExit(graph, each),
    );
    for (const resource of graph.resources) {
      // Exchanges have a rule of their own: exchange-closed.
      if (resource.row.kind === 'exchange') continue;
      const begun = begunAt(resource);
      const local = releasedWhereOpened(graph, resource);
      // Without a shutdown path there is nothing to judge by; that it is missing is said by signal-handled.
      if (graph.shutdown.size === 0 && !local && !resource.row.keepsProcessAlive) continue;
      if (isCommand(graph, resource) || endsBeside(graph, resource, exitsByCall)) continue;
      const fate = fateOf(graph, types, resource, enclosing(graph, begun));
      // What a library was given for one call, and what holds nothing open, is the library's to end.
      if (
        fate.is === 'unknown' &&
        !resource.row.keepsProcessAlive &&
        !graph.start.has(functionKey(resource.site))
      )
        continue;
      const examination = examine(callSubject(graph, begun));
      const data = { noun: resource.row.noun, hint: resource.row.hint, where: enclosing(graph, begun) };
      const path = openPath(graph, resource);
      if (fate.is === 'released' || (resource.row.flushedAtNaturalExit && !exitsByCall)) examination.pass();
      else if (fate.is === 'unknown') examination.unknown(fate.reason);
      else if (fate.is === 'lost') examination.fail('handleLost', { ...data, lost: fate.how }, path);
      else if (fate.is === 'unreachable')
        examination.fail('releaseUnreachable', { ...data, released: enclosing(graph, fate.by) }, [
          ...path,
          elsewherePath(graph, fate.by),
        ]);
      else examination.fail('neverReleased', data, [...path, ...rootsPath(graph)]);
    }
    for (const each of listenersLeft(graph))
      examineListener(graph, examine(callSubject(graph, each.site)), each);
  },
});

function examineListener(
  graph: Graph,
  examination: Examination<'listenerLeft'>,
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

/**
 * What the end of the process does away with matters only where it adds up, or where nothing ends the process while it
 * is open.
 */
function endsBeside(graph: Graph, resource: Resource, exitsByCall: boolean): boolean {
  const { endsWithProcess, keepsProcessAlive } = resource.row;
  if (!endsWithProcess || repeatedIn(graph).has(resource.site)) return false;
  return !keepsProcessAlive || exitsByCall;
}

/** A child process of one call, which nobody keeps: a command that ends by itself. */
function isCommand(graph: Graph, resource: Resource): boolean {
  const { flow } = graph.program;
  const kept = flow.keepers(resource.id).some((each) => !each.name.startsWith('@'));
  return resource.row.kind === 'process' && !kept && !graph.start.has(functionKey(resource.site));
}
