/**
 * Handles of one call that are lost between opening and release: on an early return, or when something fails and no finally
 * releases them. Only code that runs while the service runs is looked at: a start that fails ends the process, and with it
 * what it had opened. Used by resource-released.
 */
import type { PathStep } from '../../../../harness/verdict.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { eachStep } from '../../graph/steps.ts';
import { lifecycleOf } from '../lifecycle.ts';
import type { Failing } from './failing.ts';
import { isLocal, isUsing } from './holders.ts';
import { repeatedIn } from './repeated.ts';

export interface Lost {
  how: 'return' | 'throw' | 'failure';
  /** Where the path leaves. */
  at: number;
  /** The call that can fail. */
  fails?: Site;
  /** The release that is not reached. */
  release: Site;
}

type State = 'before' | 'open' | 'released' | 'over';
/** What is around a step and sees it leave. */
type Frame = { releases: boolean; catches: boolean };

interface Search {
  graph: Graph;
  failing: Failing;
  resource: Resource;
  ref: FunctionRef;
  releases: readonly Site[];
  lost: Lost | undefined;
}

export function lostBetween(graph: Graph, failing: Failing, resource: Resource): Lost | undefined {
  const { site, handedOver } = resource;
  const key = functionKey(site);
  if (graph.start.has(key) && !repeatedIn(graph).has(site)) return undefined;
  if (site.fn === 0 || graph.shutdown.has(key)) return undefined;
  const releases = resource.releases.filter((each) => functionKey(each) === key);
  if (releases.length === 0 || handedOver || isUsing(graph, resource)) return undefined;
  if (resource.releases.length > releases.length || !isLocal(graph, resource) || isReturned(graph, resource))
    return undefined;
  const search: Search = { graph, failing, resource, ref: site, releases, lost: undefined };
  run(search, graph.steps(site), 'before', []);
  return search.lost;
}

/** The words of a message. */
export const lostData = ({ fails, release }: Lost): { callee: string; release: string } => ({
  callee: fails?.call.text ?? '',
  release: release.call.text,
});

export function lostPath(graph: Graph, { site }: Resource, { how, at, fails, release }: Lost): PathStep[] {
  const leaves = how === 'return' ? 'this return leaves it open' : 'this throw leaves it open';
  return [
    {
      location: graph.locate(site.file, at),
      note: fails ? `${fails.call.text}() can fail here, and nothing catches that` : leaves,
    },
    { location: graph.locateCall(release), note: `${release.call.text}() is then not reached` },
  ];
}

function isReturned(graph: Graph, resource: Resource): boolean {
  const returned = graph.program.returns.get(functionKey(resource.site));
  return returned !== undefined && graph.program.flow.thingsAt(returned).has(resource.id);
}

function run(search: Search, steps: readonly Step[], before: State, frames: readonly Frame[]): State {
  let state = before;
  for (const step of steps) {
    if (state === 'over') return state;
    state = runStep(search, step, state, frames);
  }
  return state;
}

function runStep(search: Search, step: Step, state: State, frames: readonly Frame[]): State {
  switch (step.s) {
    case 'call':
      return runCall(search, step, state, frames);
    case 'return':
    case 'throw':
      if (state === 'open') leave(search, frames, { how: step.s, at: step.at });
      return 'over';
    case 'branch': {
      const ends = step.branches.map((each) => run(search, each, state, frames));
      // Asked for what is open: the branch that does not release it has nothing to release.
      if (ends.includes('released')) return 'released';
      return ends.includes('open')
        ? 'open'
        : ends.every((each) => each === 'over') && ends.length > 0
          ? 'over'
          : state;
    }
    case 'guard': {
      const inner = run(search, step.body, state, [
        { releases: has(search, step.handler), catches: true },
        ...frames,
      ]);
      run(search, step.handler, state === 'open' ? 'released' : state, frames);
      return inner;
    }
    case 'finally': {
      const releases = has(search, step.after);
      const inner = run(search, step.body, state, [{ releases, catches: false }, ...frames]);
      return releases ? 'released' : inner;
    }
    case 'loop': {
      const inner = run(search, step.body, state, frames);
      return inner === 'over' ? state : inner;
    }
    case 'group':
      return run(search, step.items, state, frames);
    default:
      return state;
  }
}

function runCall(search: Search, step: Step & { s: 'call' }, state: State, frames: readonly Frame[]): State {
  const { graph, failing, resource, releases } = search;
  const site = graph.site(step.call);
  if (!site) return state;
  if (site.id === resource.site.id && resource.starts.length === 0) return 'open';
  if (resource.starts.some((each) => each.id === site.id)) return 'open';
  if (releases.some((each) => each.id === site.id)) return 'released';
  if (state !== 'open' || step.taken !== 'awaited' || lifecycleOf(graph).exits(site)) return state;
  if (failing.call(site, true)) leave(search, frames, { how: 'failure', at: site.call.at, fails: site });
  return state;
}

/** A finally that releases, or a catch, sees to it: after a catch the function goes on. */
function leave(search: Search, frames: readonly Frame[], lost: Omit<Lost, 'release'>): void {
  const [release] = search.releases;
  const caught = frames.some((each) => each.releases || (each.catches && lost.how !== 'return'));
  if (!caught && release) search.lost ??= { ...lost, release };
}

function has(search: Search, steps: readonly Step[]): boolean {
  return [...eachStep(steps)].some((step) => {
    const site = step.s === 'call' ? search.graph.site(step.call) : undefined;
    return site !== undefined && search.releases.some((each) => each.id === site.id);
  });
}
