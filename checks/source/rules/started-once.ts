import type { Location, PathStep } from '../../../harness/verdict.ts';
import type { Graph } from '../graph/graph.ts';
import { listedTwice, secondMaking, secondStart } from '../lifecycle/starts/started-twice.ts';
import { startedSubsystems, type StartedSubsystem } from '../lifecycle/starts/started.ts';
import type { Event } from '../lifecycle/traces/trace.ts';
import { twinOf } from '../lifecycle/starts/twins.ts';
import { defineRule } from '../rule.ts';

export default defineRule({
  id: 'started-once',
  title: 'a subsystem is started once, and comes from one module',
  why: 'Two of one subsystem work against each other: jobs run twice, repairs undo repairs, and the stop ends one of them.',
  fix: 'make one instance in the start of the program, hand it to whoever needs it, and delete the other',
  messages: {
    twoInstances:
      '{name} is made and started a second time here with the same arguments; the first is made in {first}; share that one',
    startedTwice:
      '{name} is started a second time here; {first} has started the same one already; start it in one place',
    listedTwice: '{name} is in this list twice, and all that is in it is started; leave one out',
    twins:
      '{name} is started from two modules: this one and {first}, which declares a {name} as well; keep one and import it everywhere',
    twoPaths:
      '{name} is started from two files that are one module under two paths: this one and {first}; import it by one path',
  },
  check({ graph, examine }) {
    const { all, events } = startedSubsystems(graph);
    for (const subsystem of all) {
      const { name, file } = subsystem;
      const declared = graph.locate(file, subsystem.at);
      const subject = `${declared.file} ${name}`;
      const fault = instanceFault(graph, subsystem, events) ?? moduleFault(graph, subsystem, all);
      if (!fault) {
        examine({ subject, location: declared }).pass();
        continue;
      }
      const { message, location, first, path } = fault;
      examine({ subject, location }).fail(message, { name, first: `${first.file}:${first.line}` }, [
        ...path,
        ...startSteps(graph, subsystem),
      ]);
    }
  },
});

interface Fault {
  message: 'twoInstances' | 'startedTwice' | 'listedTwice' | 'twins' | 'twoPaths';
  location: Location;
  /** Where the other one is. */
  first: Location;
  path: PathStep[];
}

/** A second instance, or a second start of the same one. */
function instanceFault(
  graph: Graph,
  subsystem: StartedSubsystem,
  events: readonly Event[],
): Fault | undefined {
  const making = secondMaking(graph, subsystem);
  if (making) {
    const location = graph.locateCall(making.second.site);
    const first = graph.locateCall(making.first.site);
    const path = [
      { location: first, note: `the first ${subsystem.name} is made here` },
      { location, note: 'the second is made here' },
    ];
    return { message: 'twoInstances', location, first, path };
  }
  const listed = listedTwice(graph, subsystem, events);
  if (listed) {
    const location = graph.locate(listed.ref.file, listed.at);
    const path = [{ location, note: `${subsystem.name} is listed twice` }];
    return { message: 'listedTwice', location, first: location, path };
  }
  const start = secondStart(graph, subsystem);
  if (!start) return undefined;
  const declared = graph.locate(subsystem.file, subsystem.at);
  return {
    message: 'startedTwice',
    location: graph.locateCall(start.second.enter.site),
    first: graph.locateCall(start.first.enter.site),
    path: [{ location: declared, note: `${subsystem.name} is declared here` }],
  };
}

/** Another module has one of the same name, and that is started as well. */
function moduleFault(
  graph: Graph,
  subsystem: StartedSubsystem,
  all: readonly StartedSubsystem[],
): Fault | undefined {
  const pair = twinOf(graph, subsystem, all);
  // The finding is about the one that is started later.
  if (!pair || all.indexOf(subsystem) < all.indexOf(pair.twin)) return undefined;
  const location = graph.locate(subsystem.file, subsystem.at);
  const first = graph.locate(pair.twin.file, pair.twin.at);
  const path = [
    { location: first, note: `the first ${subsystem.name}` },
    { location, note: `the second ${subsystem.name}` },
    ...startSteps(graph, pair.twin),
  ];
  return { message: pair.samePath ? 'twoPaths' : 'twins', location, first, path };
}

function startSteps(graph: Graph, subsystem: StartedSubsystem): PathStep[] {
  const sites = new Map(subsystem.starts.map((each) => [each.enter.site.id, each.enter.site]));
  return [...sites.values()].map((site) => ({
    location: graph.locateCall(site),
    note: `${site.call.text}() starts it`,
  }));
}
