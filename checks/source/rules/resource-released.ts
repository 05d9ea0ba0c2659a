import type { PathStep } from '../../../harness/verdict.ts';
import { functionKey, type Graph, type Resource, type Site } from '../graph/graph.ts';
import { isHeld, isOverwritten, isUsing, releasedWhereOpened } from '../graph/holders.ts';
import { possibleRelease } from '../graph/unresolved.ts';
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
    for (const resource of graph.resources) {
      const [begun = resource.site] = resource.starts;
      const local = releasedWhereOpened(graph, resource);
      // Without a shutdown path there is nothing to judge by; that it is missing is said by signal-handled.
      if (graph.shutdown.size === 0 && !local && !resource.row.keepsProcessAlive) continue;
      const examination = examine(callSubject(graph, begun));
      const data = { noun: resource.row.noun, hint: resource.row.hint, where: enclosing(graph, begun) };
      const path = openPath(graph, resource, begun);
      const reached = resource.releases.filter((each) => graph.shutdown.has(functionKey(each)));
      const [elsewhere] = resource.releases;
      const unseen = reached.length > 0 ? undefined : possibleRelease(graph, types, resource.row);
      const safe = resource.unref || resource.handedOver === 'helper' || local || isUsing(graph, resource);
      if (!safe && isOverwritten(graph, resource))
        examination.fail('handleLost', { ...data, lost: 'overwritten before it is released' }, path);
      else if (safe || reached.length > 0) examination.pass();
      else if (graph.shutdown.size === 0)
        examination.unknown(
          `${data.noun} opened in ${data.where}: there is no shutdown path that could release it; see signal-handled`,
        );
      else if (unseen)
        examination.unknown(
          `${data.noun} opened in ${data.where}: ${unseen.call.text}() at ${place(graph, unseen)} may release it, but what it is called on is not known`,
        );
      else if (elsewhere) {
        const note = `released here by ${elsewhere.call.text}(), which no shutdown root reaches`;
        const steps = [...path, { location: graph.locateCall(elsewhere), note }];
        examination.fail('releaseUnreachable', { ...data, released: enclosing(graph, elsewhere) }, steps);
      } else if (!isHeld(graph, resource))
        examination.fail('handleLost', { ...data, lost: 'not kept' }, path);
      else if (resource.handedOver === 'library')
        examination.unknown(
          `${data.noun} opened in ${data.where} is given to a library; whether that releases it is not known`,
        );
      else examination.fail('neverReleased', data, [...path, ...rootsPath(graph)]);
    }
  },
});

function place(graph: Graph, site: Site): string {
  const { file, line } = graph.locateCall(site);
  return `${file}:${line}`;
}

function openPath(graph: Graph, resource: Resource, begun: Site): PathStep[] {
  const made = { location: graph.locateCall(resource.site), note: `${resource.row.noun} made here` };
  if (begun.id === resource.site.id) return [{ ...made, note: `${resource.row.noun} opened here` }];
  return [made, { location: graph.locateCall(begun), note: `opened here by ${begun.call.text}()` }];
}

/** Where the shutdown begins, from which nothing leads to a release. */
function rootsPath(graph: Graph): PathStep[] {
  const [first, ...others] = graph.signals.flatMap((each) => graph.program.sites[each.site] ?? []);
  if (first === undefined) return [];
  const more = others.length === 0 ? '' : ` (and at ${others.length} more places)`;
  const note = `the shutdown begins here${more}; no release on any path from it`;
  return [{ location: graph.locateCall(first), note }];
}
