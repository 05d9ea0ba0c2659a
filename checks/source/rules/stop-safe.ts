import { placesOf } from '../lifecycle/traces/places.ts';
import { lostDuringStart } from '../lifecycle/starts/lost-start.ts';
import { faultPath, faultPlace } from '../lifecycle/starts/stop-fault-path.ts';
import { stopFaults, stopMembers } from '../lifecycle/starts/stopping.ts';
import { defineRule } from '../rule.ts';
import { callSubject } from '../subject.ts';

export default defineRule({
  id: 'stop-safe',
  title: 'a stop before the start, twice, or during it neither fails nor leaves anything behind',
  why: 'A stop is called after starts that failed half-way and by two signals at once; one that throws then keeps the rest from being stopped.',
  fix: 'take the handle into a variable, set the field to null, and release the handle only if there is one (`handle?.close()`)',
  messages: {
    nothingThere:
      '{stop}() uses {place}, which is empty until {filler} sets it: a stop before the start fails; use `?.`, or return when it is not there',
    failsAgain:
      '{callee}() of a {noun} fails the second time, and {stop}() neither checks nor forgets the handle; set the field to null first and release what was in it',
    throwsNotStarted: '{stop}() throws, depending on {place}, when there is nothing to stop; return instead',
    lostDuringStart:
      '{start}() awaits before it sets {place}; when {stop}() runs in between, the {noun} is opened after the stop and never released; let the stop wait for the start, or look at a flag after the await',
  },
  check({ graph, examine }) {
    const text = (place: string): string => placesOf(graph).text(place);
    for (const member of stopMembers(graph)) {
      const faults = stopFaults(graph, member);
      const stop = graph.nameOf(member.fn);
      const location = graph.locate(member.fn.file, graph.function(member.fn).at);
      const own = { subject: `${location.file} ${stop}`, location };
      const lost = lostDuringStart(graph, member);
      for (const fault of faults) {
        const place = faultPlace(graph, fault);
        const path = faultPath(graph, member, fault);
        const site = 'site' in fault ? fault.site : undefined;
        const examination = examine(site ? callSubject(graph, site, place) : { ...own, location: place });
        if (fault.fault === 'released')
          examination.fail(
            'failsAgain',
            { stop, callee: fault.site.call.text, noun: fault.resource.row.noun },
            path,
          );
        else if (fault.fault === 'throws')
          examination.fail('throwsNotStarted', { stop, place: text(fault.place) }, path);
        else
          examination.fail(
            'nothingThere',
            { stop, place: text(fault.place), filler: graph.nameOf(fault.filled.ref) },
            path,
          );
      }
      for (const each of lost)
        examine({ ...own, location: each.location }).fail(
          'lostDuringStart',
          { stop, start: graph.nameOf(each.start.fn), place: text(each.place), noun: each.resource.row.noun },
          each.path,
        );
      if (faults.length === 0 && lost.length === 0) examine(own).pass();
    }
  },
});
