/** What signal handlers do, and whether two of them are in each other's way. Used by signal-handled. */
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Registration,
  type Site,
  type Step,
} from '../graph/graph.ts';
import { lifecycleOf } from './lifecycle.ts';
import { unfitParameter } from './parameter-use.ts';
import { eachStep } from '../graph/steps.ts';

/** Where a handler is registered. */
export function siteOf(graph: Graph, each: Registration): Site | undefined {
  return graph.program.sites[each.site];
}

/** Registered by the start; what the shutdown itself registers (a second signal forces) does not compete. */
export function isAtStart(graph: Graph, each: Registration): boolean {
  const site = siteOf(graph, each);
  return site !== undefined && graph.start.has(functionKey(site));
}

/** What is opened and released by the same function is a step of a script. */
export function endsByItself(graph: Graph, site: Site): boolean {
  const opened = graph.resources.filter(
    (each) => each.site.id === site.id || each.starts.some((start) => start.id === site.id),
  );
  return (
    opened.length > 0 &&
    opened.every((each) => each.releases.some((release) => functionKey(release) === functionKey(site)))
  );
}

/** An earlier handler of the same signal, when both do something and one of them exits. */
export function competitor(
  graph: Graph,
  registration: Registration,
  before: readonly Registration[],
): Registration | undefined {
  if (!acts(graph, registration)) return undefined;
  return before.find(
    (each) =>
      [...each.events].some((event) => registration.events.has(event)) &&
      acts(graph, each) &&
      (exits(graph, each) || exits(graph, registration)) &&
      inOneProgram(graph, each, registration) &&
      !isEither(graph, each, registration),
  );
}

const reached = new WeakMap<Graph, ReadonlySet<string>[]>();

/** Some entry comes to both; several entries are several programs. */
function inOneProgram(graph: Graph, a: Registration, b: Registration): boolean {
  const [first, second] = [siteOf(graph, a), siteOf(graph, b)];
  if (!first || !second || graph.programs.length < 2) return true;
  const sets = reached.get(graph) ?? graph.programs.map((roots) => reachedFrom(graph, roots));
  reached.set(graph, sets);
  return sets.some((each) => each.has(functionKey(first)) && each.has(functionKey(second)));
}

function reachedFrom(graph: Graph, roots: readonly FunctionRef[]): ReadonlySet<string> {
  const found = new Map(roots.map((each) => [functionKey(each), each]));
  // A map hands out what is added while it is walked.
  for (const each of found.values())
    for (const { to } of graph.edgesFrom(each))
      if (!found.has(functionKey(to))) found.set(functionKey(to), to);
  return new Set(found.keys());
}

/** They stand in two branches of one condition: only one of them is registered. */
function isEither(graph: Graph, a: Registration, b: Registration): boolean {
  const [first, second] = [siteOf(graph, a), siteOf(graph, b)];
  if (!first || !second || functionKey(first) !== functionKey(second)) return false;
  const holds = (steps: readonly Step[], site: Site): boolean =>
    [...eachStep(steps)].some((step) => step.s === 'call' && step.call === site.call);
  return [...eachStep(graph.steps(first))].some(
    (step) =>
      step.s === 'branch' &&
      step.branches.some((branch) => holds(branch, first) && !holds(branch, second)) &&
      step.branches.some((branch) => holds(branch, second) && !holds(branch, first)),
  );
}

function handlerSites(graph: Graph, registration: Registration): Site[] {
  const site = siteOf(graph, registration);
  return site ? graph.edgesOf(site).flatMap((edge) => lifecycleOf(graph).sitesIn(edge.to)) : [];
}

const exits = (graph: Graph, each: Registration): boolean =>
  handlerSites(graph, each).some((site) => lifecycleOf(graph).exits(site));
const acts = (graph: Graph, each: Registration, byExit = true): boolean =>
  (byExit && exits(graph, each)) ||
  handlerSites(graph, each).some((site) => lifecycleOf(graph).releases(site));

/** The handler releases something, or what it does is not seen: what only ends the process does so without a handler, too. */
export function releasesOrUnseen(graph: Graph, registration: Registration): boolean {
  const sites = handlerSites(graph, registration);
  return sites.length === 0 || !exits(graph, registration) || acts(graph, registration, false);
}

/** What a handler takes its first parameter for, when that is not the name of a signal. */
export function handlerFault(
  graph: Graph,
  registration: Registration,
): { what: string; handler: string } | undefined {
  for (const id of registration.handlers) {
    const thing = graph.program.flow.things[id];
    if (thing?.t !== 'function') continue;
    const what = unfitParameter(graph, thing);
    if (what) return { what, handler: graph.nameOf(thing) };
  }
  return undefined;
}
