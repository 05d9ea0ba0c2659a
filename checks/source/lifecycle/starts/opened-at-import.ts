/** What the import of a module opens: at its top level, or in what that calls. Used by import-is-inert. */
import { eachValue } from '../../facts/walk.ts';
import type { CallValue, Value } from '../../facts/model.ts';
import {
  functionKey,
  type FunctionRef,
  type Graph,
  type Resource,
  type Site,
  type Step,
} from '../../graph/graph.ts';
import { loadedModules } from '../../graph/reach.ts';
import { eachStep, innerSteps } from '../../graph/steps.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { begunAt } from '../releases/released.ts';
import { AT_ONCE, moduleRoots } from './eager.ts';

export interface OpenedAtImport {
  resource: Resource;
  /** From the call at the top level to the one that opens. */
  path: Site[];
}

/** Resources that are open from the moment on in which their begin is called. */
export function openedAtOnce(graph: Graph): Resource[] {
  return graph.resources.filter(
    ({ row, site, unref }) =>
      row.keepsProcessAlive &&
      !unref &&
      !row.connectsOnUse &&
      !(row.connectsOnUseWithOption && hasOption(graph, site, row.connectsOnUseWithOption)) &&
      // Timers and jobs are scheduler-lazy's; telemetry has to come first.
      !['timer', 'cron', 'telemetry', 'logger'].includes(row.kind),
  );
}

export function openedAtImport(graph: Graph, resources: readonly Resource[]): OpenedAtImport[] {
  const opening = new Map<number, Resource>();
  for (const each of resources) opening.set(begunAt(each).id, each);
  const found = new Map<Resource, OpenedAtImport>();
  for (const file of loadedModules(graph.program, graph.entries)) {
    for (const root of moduleRoots(graph, file)) {
      const guarded = onlyAsEntry(graph, root);
      for (const site of lifecycleOf(graph).sitesIn(root)) {
        if (guarded.has(site.call)) continue;
        const path = pathToOpening(graph, site, opening);
        const resource = opening.get(path.at(-1)?.id ?? -1);
        if (resource && !found.has(resource)) found.set(resource, { resource, path });
      }
    }
  }
  return [...found.values()];
}

function pathToOpening(graph: Graph, from: Site, opening: ReadonlyMap<number, Resource>): Site[] {
  const seen = new Set<string>();
  const search = (at: Site): Site[] => {
    if (opening.has(at.id)) return [at];
    for (const edge of graph.edgesOf(at)) {
      const key = functionKey(edge.to);
      // The static parts of a class are roots of their own.
      if (!AT_ONCE.has(edge.kind) || seen.has(key) || graph.function(edge.to).kind === 'statics') continue;
      seen.add(key);
      for (const inner of lifecycleOf(graph).sitesIn(edge.to)) {
        const rest = search(inner);
        if (rest.length > 0) return [at, ...rest];
      }
    }
    return [];
  };
  return search(from);
}

/** Calls that run only when the module is what the program was started with. */
function onlyAsEntry(graph: Graph, top: FunctionRef): Set<CallValue> {
  const found = new Set<CallValue>();
  const visit = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (step.s === 'branch' && asksForEntry(step.condition))
        for (const each of step.branches.flatMap((branch) => [...eachStep(branch)]))
          if (each.s === 'call' || each.s === 'group') found.add(each.call);
      innerSteps(step).forEach(visit);
    }
  };
  visit(graph.steps(top));
  return found;
}

/** `require.main === module`, `import.meta.main`, `process.argv[1] === fileURLToPath(import.meta.url)`. */
function asksForEntry(condition: Value): boolean {
  return [...eachValue(condition)].some((each) => {
    if (each.k !== 'member') return false;
    if (each.p === 'argv') return each.o.k === 'global' && each.o.name === 'process';
    return each.p === 'main' && each.o.k !== 'ref';
  });
}

function hasOption(graph: Graph, site: Site, option: string): boolean {
  return site.call.a.some((each) =>
    literalsOf(graph, site, each).some(
      (object) =>
        object.spread.length > 0 ||
        object.props.some(
          ([name, value]) => name === option && !(value.k === 'constant' && value.text === 'false'),
        ),
    ),
  );
}

/** The object literal that is written at the call, or kept in a variable of the file. */
function literalsOf(graph: Graph, site: Site, value: Value): (Value & { k: 'object' })[] {
  if (value.k === 'object') return [value];
  if (value.k !== 'ref') return [];
  const functions = graph.program.files[site.file]?.facts.functions ?? [];
  return functions.flatMap((fn) =>
    [...eachStep(graph.steps({ file: site.file, fn: fn.id }))].flatMap((step) =>
      step.s === 'let' && step.b === value.b && step.value.k === 'object' ? [step.value] : [],
    ),
  );
}
