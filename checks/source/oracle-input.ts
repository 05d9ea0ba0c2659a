/** What the type oracle is told about a project. Called by the source stage. */
import type { Config } from '../../harness/config.ts';
import type { FileFacts } from './facts/model.ts';
import type { Project } from './files.ts';
import { functionKey, type Graph, type Site } from './graph/graph.ts';
import type { OracleInput } from './types/programs.ts';

export interface Known {
  projectRoot: string;
  types: Config['source']['types'];
  project: Project;
  facts: readonly FileFacts[];
  graph: Graph;
}

/** Most questions are about what is reached from start and shutdown: the program starts with those files. */
export function oracleInput({ projectRoot, types, project, facts, graph }: Known): OracleInput {
  const { sites } = graph.program;
  const isReached = (site: Site): boolean =>
    graph.start.has(functionKey(site)) || graph.shutdown.has(functionKey(site));
  return {
    projectRoot,
    files: project.files.map((each) => each.absolute),
    options: project.options,
    backEnd: types === '7' ? 7 : 6,
    touched: () => {
      const reached = new Set(sites.filter(isReached).map((site) => site.file));
      return project.files.flatMap((each, index) => (reached.has(index) ? [each.absolute] : []));
    },
    imports: () =>
      project.files.flatMap(({ absolute: file }, index) => {
        const { imports = [], loads = [] } = facts[index] ?? {};
        const specifiers = new Set([...loads, ...imports.map((each) => each.from)]);
        return [...specifiers].map((specifier) => ({ file, specifier }));
      }),
  };
}
