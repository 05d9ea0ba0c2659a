/** Functions that a running service calls for its clients or on a schedule: routes and jobs. Used by exit-after-release. */
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';

const VERBS = /^(get|post|put|patch|delete|head|options|all|route|use|on)$/;
const DEPTH = 6;

/** A route or a job leads to the function, by calls of the project only. */
export function isServing(graph: Graph, ref: FunctionRef, seen = new Set<string>(), depth = 0): boolean {
  if (depth > DEPTH || seen.has(functionKey(ref))) return false;
  seen.add(functionKey(ref));
  return graph.edgesTo(ref).some((edge) => {
    const site = graph.program.sites[edge.site];
    if (!site) return false;
    if (edge.kind === 'call') return isServing(graph, edge.from, seen, depth + 1);
    return (edge.kind === 'host' || edge.kind === 'drop') && (isRoute(site) || isJob(graph, site));
  });
}

/** `app.post('/restart', handler)`, whatever the framework. */
function isRoute(site: Site): boolean {
  const { f, a } = site.call;
  const [path] = a;
  return f.k === 'member' && VERBS.test(f.p) && path?.k === 'text' && path.t.startsWith('/');
}

/** An exit that tells of success, in a function that releases nothing before it. */
export function endsOrderly(graph: Graph, exit: Site): boolean {
  const [code] = exit.call.a;
  const isSuccess = code === undefined || (code.k === 'constant' && code.text === '0');
  return isSuccess && !lifecycleOf(graph).sitesIn(exit).some(lifecycleOf(graph).releases);
}

const isJob = (graph: Graph, site: Site): boolean =>
  graph.resources.some((each) => each.site.id === site.id && each.row.kind === 'cron');
