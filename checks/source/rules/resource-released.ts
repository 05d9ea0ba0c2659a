import { begunAt, elsewherePath, fateOf, openPath, rootsPath } from '../lifecycle/releases/released.ts';
import { releasedWhereOpened } from '../lifecycle/releases/holders.ts';
import { isExit } from '../lifecycle/exits/exits.ts';
import { functionKey, type Graph, type Resource } from '../graph/graph.ts';
import { defineRule } from '../rule.ts';
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
      if (isCommand(graph, resource)) continue;
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
  },
});

/** A child process of one call, which nobody keeps: a command that ends by itself. */
function isCommand(graph: Graph, resource: Resource): boolean {
  const { flow } = graph.program;
  const kept = flow.keepers(resource.id).some((each) => !each.name.startsWith('@'));
  return resource.row.kind === 'process' && !kept && !graph.start.has(functionKey(resource.site));
}
