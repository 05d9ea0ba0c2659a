import { fateOf, openPath, rootsPath } from '../lifecycle/releases/released.ts';
import { releasedTwice } from '../lifecycle/releases/lent.ts';
import { defineRule } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule({
  id: 'ownership-transferred',
  title: 'a handle that is handed to a library is released by exactly one of the two',
  why: 'Most libraries close only what they made themselves: the client that they were given stays open and holds the process, although everything seems to be closed.',
  fix: 'release the handle yourself after the library that uses it, or leave it to a library that says it closes what it is given',
  messages: {
    stillOpen:
      '{noun} opened in {where} is handed to {library}, and {note}: nothing on the shutdown path releases it; {hint}',
    releasedTwice:
      '{noun} opened in {where} is released by {owner}() and once more by {callee}(): the second release {fails}; leave it to the first',
  },
  check({ graph, types, examine }) {
    for (const resource of graph.resources) {
      const lent = graph.program.lent.get(resource.id);
      const owners = graph.program.owned.get(resource.id);
      if (!lent && !owners) continue;
      const examination = examine(callSubject(graph, resource.site));
      const where = enclosing(graph, resource.site);
      const { noun, hint } = resource.row;
      const twice = owners ? releasedTwice(graph, resource, owners) : undefined;
      if (twice) {
        const fails = resource.row.secondRelease === 'throws' ? 'throws' : 'rejects';
        const data = { noun, where, owner: twice.first.call.text, callee: twice.second.call.text, fails };
        examination.fail('releasedTwice', data, [
          ...openPath(graph, resource),
          { location: graph.locateCall(twice.first), note: `released here with what it was handed to` },
          { location: graph.locateCall(twice.second), note: `released here once more` },
        ]);
        continue;
      }
      const fate = fateOf(graph, types, resource, where);
      if (!lent || fate.is === 'released') examination.pass();
      else if (fate.is === 'unknown') examination.unknown(fate.reason);
      else {
        const given = graph.program.sites[lent.site];
        const data = { noun, where, hint, library: lent.borrower.noun, note: lent.borrower.note };
        examination.fail('stillOpen', data, [
          ...openPath(graph, resource),
          ...(given
            ? [{ location: graph.locateCall(given), note: `handed to ${lent.borrower.noun} here` }]
            : []),
          ...rootsPath(graph),
        ]);
      }
    }
  },
});
