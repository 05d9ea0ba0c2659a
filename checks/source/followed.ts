/**
 * The check `followed`: did the analysis see enough of the program for the silence of its rules to mean anything?
 * Called by the source stage.
 */
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import { functionKey, type Graph } from './graph/graph.ts';
import { leadsAnywhere, UNRESOLVED_BUDGET } from './lifecycle/releases/unresolved.ts';

/** `examined` is how many subjects the rules found between them. */
export function judgeFollowed(graph: Graph, examined: number, startedAt: string): Verdict {
  const problem = findProblem(graph, examined);
  return createVerdict({
    stage: 'source',
    check: 'followed',
    subject: 'call graph',
    outcome: problem === undefined ? 'pass' : 'unknown',
    message: problem?.message ?? passMessage(graph, examined),
    ...(problem === undefined ? {} : { fix: problem.fix }),
    startedAt,
  });
}

function findProblem(graph: Graph, examined: number): { message: string; fix: string } | undefined {
  const count = graph.program.files.length;
  const files = `${count} ${count === 1 ? 'file' : 'files'}`;
  if (graph.entries.length === 0) {
    return {
      message: `no entry found in ${files}: nothing names one, and no file starts anything at top level`,
      fix: 'name the entry files in source.entries',
    };
  }
  if (!graph.program.settled) {
    return {
      message: 'the program is too large to be followed to the end; what was not reached is not judged',
      fix: 'narrow source.root or source.exclude to the sources of the service',
    };
  }
  if (examined === 0) {
    return {
      message: `nothing that is reached from ${entryNames(graph)} opens, starts or stops anything: no rule had a subject in ${files}`,
      fix: 'name the files that start the service in source.entries; a library alone has no lifecycle to judge',
    };
  }
  const open = openCalls(graph);
  if (open.length <= UNRESOLVED_BUDGET) return undefined;
  return {
    message: `${open.length} calls reached from start or shutdown can lead to more than is followed (${open.slice(0, 3).join(', ')}, ...)`,
    fix: 'what those calls do is not judged: narrow source.root, or call what starts and stops things by name',
  };
}

/** Texts of the calls on the start and shutdown paths whose targets are more than what is followed. */
function openCalls(graph: Graph): string[] {
  return graph.program.sites
    .filter((site) => graph.start.has(functionKey(site)) || graph.shutdown.has(functionKey(site)))
    .filter((site) => leadsAnywhere(graph, site))
    .map((site) => site.call.text);
}

function passMessage(graph: Graph, examined: number): string {
  const { start, shutdown } = graph;
  return `${start.size} functions are reached from ${entryNames(graph)}, ${shutdown.size} from a shutdown; ${examined} subjects were examined`;
}

function entryNames(graph: Graph): string {
  const names = graph.entries.map((each) => graph.program.files[each]?.path ?? '');
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
