/** Subsystems of one name from different modules. Used by started-once. */
import type { Graph } from '../../graph/graph.ts';
import { together, type StartedSubsystem } from './started.ts';

/** Names that say what kind of thing it is, not which: several of them are several things. */
const KINDS = new Set(
  (
    'client server worker service store scheduler connection manager controller handler plugin provider adapter ' +
    'job jobs task tasks queue cache database db app application module poller watcher runner processor consumer ' +
    'producer listener monitor engine bot api http web socket stream feed pool bus bridge gateway driver connector ' +
    'exchange repository agent system component extension process thread timer ticker clock subscriber publisher ' +
    'publisher source sink transport channel session node instance impl base default main index all create make ' +
    'start stop init initialize connect listen open run launch boot bootstrap begin setup get new build'
  ).split(' '),
);

const words = (name: string): string[] =>
  name.split(/(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+/).map((each) => each.toLowerCase());

/** The other of two that have the name in common; `undefined` when each is a thing of its own. */
export function twinOf(
  graph: Graph,
  subsystem: StartedSubsystem,
  all: readonly StartedSubsystem[],
): { twin: StartedSubsystem; samePath: boolean } | undefined {
  const namesakes = all.filter(
    (each) =>
      each.name === subsystem.name && each.file !== subsystem.file && each.owner.t === subsystem.owner.t,
  );
  const [twin] = namesakes;
  // Three and more of one name are a family: one for each provider.
  if (!twin || namesakes.length > 1 || twin.key === subsystem.key) return undefined;
  const samePath = stem(graph, twin.file) === stem(graph, subsystem.file);
  if (
    !samePath &&
    (words(subsystem.name).every((each) => KINDS.has(each)) || areRelated(graph, twin, subsystem))
  )
    return undefined;
  const both = twin.starts.some((a) => subsystem.starts.some((b) => together(a.enter, b.enter)));
  return both ? { twin, samePath } : undefined;
}

/** The path without what differs between a source and its copy. */
export const stem = (graph: Graph, file: number): string =>
  (graph.program.files[file]?.path ?? '').replace(/\.[cm]?[jt]sx?$/, '').toLowerCase();

/** Each extends something: variants on purpose. */
function areRelated(graph: Graph, a: StartedSubsystem, b: StartedSubsystem): boolean {
  const base = (each: StartedSubsystem) =>
    each.owner.t === 'instance'
      ? graph.program.files[each.owner.file]?.facts.classes[each.owner.cls]?.base
      : undefined;
  return base(a) !== undefined && base(b) !== undefined;
}
