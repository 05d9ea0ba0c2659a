/** Says what was analysed: how many files of which packages. Called by the source stage. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Project, relative } from './files.ts';

const MOST_PACKAGES = 8;

/** `analysed 120 files of packages/api (tsconfig packages/api/tsconfig.json)`; in a workspace, how many of each package. */
export function analysedNote(project: Project, projectRoot: string): string {
  const packages = Map.groupBy(project.files, ({ absolute }) => packageOf(absolute, project.root));
  const nameOf = (folder: string): string => relative(projectRoot, folder) || '.';
  const counts = [...packages]
    .map(([folder, files]) => ({ folder, count: files.length }))
    .sort((a, b) => b.count - a.count);
  const total = `analysed ${countOf(project.files.length)}`;
  const tsconfig = project.tsconfig === undefined ? 'no tsconfig' : `tsconfig ${project.tsconfig}`;
  if (counts.length <= 1) return `${total} of ${path.basename(project.root)} (${tsconfig})`;
  const named = counts.slice(0, MOST_PACKAGES).map(({ folder, count }) => `${nameOf(folder)} ${count}`);
  const more = counts.length > MOST_PACKAGES ? `, and ${counts.length - MOST_PACKAGES} more packages` : '';
  const one = counts.find(({ folder }) => nameOf(folder) !== '.')?.folder ?? project.root;
  return `${total} of ${counts.length} packages as one program (${tsconfig}): ${named.join(', ')}${more}; one alone: shakedown check ${nameOf(one)}`;
}

/** The nearest folder with a package.json, up to the root of what is analysed. */
function packageOf(file: string, root: string): string {
  for (
    let folder = path.dirname(file);
    folder.startsWith(root) && folder !== root;
    folder = path.dirname(folder)
  ) {
    if (isPackage(folder)) return folder;
  }
  return root;
}

const known = new Map<string, boolean>();
function isPackage(folder: string): boolean {
  const answer = known.get(folder) ?? existsSync(path.join(folder, 'package.json'));
  known.set(folder, answer);
  return answer;
}

const countOf = (files: number): string => `${files} ${files === 1 ? 'file' : 'files'}`;
