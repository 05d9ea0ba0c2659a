/** What becomes of a start that fails: who catches the failure, and what stays open then. Used by start-failure-unwinds. */
import { eachStatement, eachValueIn } from '../../facts/walk.ts';
import type { Statement, Value } from '../../facts/model.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { eachStep, innerSteps } from '../../graph/steps.ts';
import { lifecycleOf } from '../lifecycle.ts';
import type { Failing } from '../releases/failing.ts';
import { begunAt } from '../releases/released.ts';
import { endsWithoutCode, handlerSites, isExitCode, isReleasedIn, triesAgain } from './failure-handler.ts';
import { openedBefore, type LeftOpen } from './left-open.ts';
import { handlerOnlyTells, statementsOnlyTell } from './telling-only.ts';

export type Outcome =
  /** The handler does more than tell, or nothing can fail. */
  | { is: 'dealt' }
  /** It ends in a line of the log. */
  | { is: 'swallowed'; resource: Resource }
  /** The exit code is set, and something that is open keeps the process from ending. */
  | { is: 'hangs'; left: LeftOpen }
  /** What was opened is released, and the process ends with code 0. */
  | { is: 'endsWell'; release: Site }
  /** It is tried again, and what the attempt had opened stays. */
  | { is: 'leaks'; left: LeftOpen };

export interface StartGuard {
  ref: FunctionRef;
  /** Where the failure is caught. */
  at: number;
  outcome: Outcome;
}

/** The tries and chains of a function that catch the failure of a start. */
export function startGuardsIn(graph: Graph, failing: Failing, ref: FunctionRef): StartGuard[] {
  const found: StartGuard[] = [];
  const visit = (steps: readonly Step[], after: readonly Step[], inLoop: boolean): void =>
    steps.forEach((step, position) => {
      const rest = [...steps.slice(position + 1), ...after];
      if (step.s === 'guard') {
        const resource = startedIn(graph, step.body);
        if (resource) {
          const guard = { graph, failing, ref, step, rest, inLoop, resource };
          found.push({ ref, at: placeOf(graph, ref, step), outcome: outcomeOf(guard) });
        }
      }
      for (const inner of innerSteps(step)) visit(inner, rest, inLoop || step.s === 'loop');
    });
  visit(graph.steps(ref), [], false);
  return found;
}

interface Guard {
  graph: Graph;
  failing: Failing;
  ref: FunctionRef;
  step: Step & { s: 'guard' };
  rest: readonly Step[];
  inLoop: boolean;
  resource: Resource;
}

function outcomeOf({ graph, failing, ref, step, rest, inLoop, resource }: Guard): Outcome {
  if (step.throws || !failing.steps(step.body, ref)) return { is: 'dealt' };
  const again = inLoop ? goesRound(step) : triesAgain(graph, ref, step);
  if (again) {
    const left = openedBefore(graph, step.body).find(
      (each) => !isReleasedIn(graph, ref, step, each.resource),
    );
    return left ? { is: 'leaks', left } : { is: 'dealt' };
  }
  if (rest.some((each) => endsLater(graph, each))) return { is: 'dealt' };
  if (onlyTells(graph, ref, step, () => false)) return { is: 'swallowed', resource };
  if (!onlyTells(graph, ref, step, isExitCode)) {
    const [release] = handlerSites(graph, ref, step).filter(lifecycleOf(graph).releases);
    return release && endsWithoutCode(graph, ref, step) ? { is: 'endsWell', release } : { is: 'dealt' };
  }
  const [left] = openedBefore(graph, step.body);
  return left ? { is: 'hangs', left } : { is: 'dealt' };
}

/** A server, or the whole of what the program opens at its start, is begun by these steps. */
function startedIn(graph: Graph, steps: readonly Step[]): Resource | undefined {
  const begun = new Map<number, Resource>();
  for (const each of graph.resources)
    if (each.row.keepsProcessAlive && !each.unref && graph.start.has(functionKey(begunAt(each))))
      begun.set(begunAt(each).id, each);
  const inside = new Set<Resource>();
  const seen = new Set<string>();
  const visit = (site: Site): void => {
    const own = begun.get(site.id);
    if (own) inside.add(own);
    for (const edge of graph.edgesOf(site)) {
      if (edge.kind === 'drop' || edge.kind === 'host' || seen.has(functionKey(edge.to))) continue;
      seen.add(functionKey(edge.to));
      lifecycleOf(graph).sitesIn(edge.to).forEach(visit);
    }
  };
  for (const step of eachStep(steps)) {
    const site = step.s === 'call' || step.s === 'group' ? graph.site(step.call) : undefined;
    if (site) visit(site);
  }
  const server = [...inside].find((each) => each.row.kind === 'server');
  if (server) return server;
  const hasServer = [...begun.values()].some((each) => each.row.kind === 'server');
  const [first] = inside;
  return !hasServer && first && inside.size === begun.size ? first : undefined;
}

/** The handler neither leaves the loop nor throws: the next turn tries again. */
const goesRound = (step: Step & { s: 'guard' }): boolean =>
  ![...eachStep(step.handler)].some((each) => each.s === 'return' || each.s === 'throw' || each.s === 'jump');

/** What follows the guard looks at what came of it, and ends the process or throws. */
function endsLater(graph: Graph, step: Step): boolean {
  return [...eachStep([step])].some((each) => {
    if (each.s === 'throw') return true;
    const site = each.s === 'call' ? graph.site(each.call) : undefined;
    return site !== undefined && lifecycleOf(graph).exits(site);
  });
}

function onlyTells(
  graph: Graph,
  ref: FunctionRef,
  step: Step & { s: 'guard' },
  allowed: (target: Value) => boolean,
): boolean {
  if (step.kind === 'chain')
    return step.handlers.every((each) => handlerOnlyTells(graph, ref, each, allowed));
  const clause = clauseOf(graph, ref, step);
  return clause !== undefined && statementsOnlyTell(graph, ref, clause.body, allowed);
}

function clauseOf(
  graph: Graph,
  ref: FunctionRef,
  step: Step & { s: 'guard' },
): (Statement & { s: 'try' })['catch'] {
  const found = [...eachStatement(graph.function(ref).body)].find(
    (each) => each.s === 'try' && each.at === step.at,
  );
  return found?.s === 'try' ? found.catch : undefined;
}

function placeOf(graph: Graph, ref: FunctionRef, step: Step & { s: 'guard' }): number {
  if (step.kind === 'try') return clauseOf(graph, ref, step)?.at ?? step.at;
  const [handler] = step.handlers;
  for (const each of eachValueIn(graph.function(ref).body))
    if (each.k === 'call' && handler && each.a.includes(handler)) return each.at;
  return step.at;
}
