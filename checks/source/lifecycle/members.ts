/** The starts and stops of a program by the names that they have when it runs: what the soak makes fail. Used by the gate. */
import path from 'node:path';
import type { LifecycleMember, MemberKind } from '../../../harness/lifecycle-members.ts';
import { functionKey, type Graph } from '../graph/graph.ts';
import { startMembers } from './starts/starting.ts';
import { stopMembers } from './starts/stopping.ts';
import { isStarting, type Member } from './subsystems.ts';

/** Those that the start, or a shutdown, really reaches; each function once. */
export function lifecycleMembers(graph: Graph, projectRoot: string): LifecycleMember[] {
  const reached = {
    start: startMembers(graph).filter(({ fn, name }) => isStarting(name) && graph.start.has(functionKey(fn))),
    stop: stopMembers(graph).filter(({ fn }) => graph.shutdown.has(functionKey(fn))),
  } satisfies Record<MemberKind, Member[]>;
  return (['start', 'stop'] as const).flatMap((kind) =>
    withoutRoots(graph, reached[kind]).map(({ member, nestedIn }) => ({
      ...describe(graph, projectRoot, member, kind),
      ...(nestedIn === undefined ? {} : { nestedIn: idOf(graph, nestedIn) }),
    })),
  );
}

interface Placed {
  member: Member;
  nestedIn: Member | undefined;
}

/** Each function once; the one that calls all of the others is no subsystem but the lifecycle itself. */
function withoutRoots(graph: Graph, members: readonly Member[]): Placed[] {
  const byKey = new Map(members.map((member) => [functionKey(member.fn), member]));
  const called = new Map([...byKey.keys()].map((key) => [key, reachedFrom(graph, key, byKey)]));
  const others = byKey.size - 1;
  const isRoot = (key: string): boolean => others > 1 && called.get(key)?.size === others;
  const kept = [...byKey].filter(([key]) => !isRoot(key));
  return kept.map(([key, member]) => ({
    member,
    nestedIn: kept.find(([other]) => other !== key && called.get(other)?.has(key))?.[1],
  }));
}

/** The other members that a call of this one leads to. */
function reachedFrom(graph: Graph, from: string, members: ReadonlyMap<string, Member>): Set<string> {
  const seen = new Set([from]);
  const queue = [from];
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    for (const { to } of graph.edgesByCaller.get(key) ?? []) {
      const next = functionKey(to);
      if (!seen.has(next)) queue.push(next);
      seen.add(next);
    }
  }
  return new Set([...seen].filter((key) => key !== from && members.has(key)));
}

const idOf = (graph: Graph, { fn }: Member): string =>
  `${graph.program.files[fn.file]?.path ?? ''} ${graph.nameOf(fn)}`;

function describe(graph: Graph, projectRoot: string, member: Member, kind: MemberKind): LifecycleMember {
  const fact = graph.function(member.fn);
  const file = graph.program.files[member.fn.file];
  const name = file?.path ?? '';
  const owner = fact.owner && 'class' in fact.owner ? file?.facts.classes[fact.owner.class]?.name : undefined;
  const cannotBeWrapped = whyNot(graph, member, owner);
  return {
    kind,
    id: idOf(graph, member),
    file: path.resolve(projectRoot, name),
    ...(owner === undefined ? {} : { owner }),
    name: member.name,
    location: graph.locate(member.fn.file, fact.at),
    isAsync: fact.isAsync,
    givesPromise: fact.isAsync || isPromise(fact.returns?.entity),
    ...(cannotBeWrapped === undefined ? {} : { cannotBeWrapped }),
  };
}

function whyNot(graph: Graph, { fn, name }: Member, owner: string | undefined): string | undefined {
  const { kind, parent, owner: holder } = graph.function(fn);
  if (kind === 'method' && holder && 'class' in holder) {
    if (owner === undefined || owner === '') return 'its class has no name';
    return name.startsWith('@@') ? 'it has no name of its own' : undefined;
  }
  if (kind === 'function' && (parent === undefined || parent === 0)) return undefined;
  return 'it is neither a method of a class nor a function of its module';
}

function isPromise(entity: { k: string; name?: string } | undefined): boolean {
  return entity?.k === 'global' && entity.name === 'Promise';
}
