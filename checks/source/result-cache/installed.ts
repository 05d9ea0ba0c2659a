/** Adds what is installed to a hash: the state that the installer wrote, and the package of each name that is imported. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { addContent, type Contents } from './contents.ts';

/** What npm, pnpm and yarn write when they have installed. */
const STATES = ['.package-lock.json', '.modules.yaml', '.yarn-state.yml', '.yarn-integrity'];

/** `folders`: those in which `node_modules` is looked for, the nearest first. */
export function addPackages(
  contents: Contents,
  folders: readonly string[],
  packages: readonly string[],
): void {
  for (const folder of folders) {
    const modules = path.join(folder, 'node_modules');
    if (!existsSync(modules)) {
      contents.hash.update(`\0no ${modules}\0`);
      continue;
    }
    for (const each of STATES) addContent(contents, path.join(modules, each));
    const types = namesIn(path.join(modules, '@types')).map((name) => `@types/${name}`);
    for (const each of new Set([...packages, ...types])) addPackage(contents, path.join(modules, each));
  }
}

/** Where a link leads counts, too: a workspace's package moves without a change of its version. */
function addPackage(contents: Contents, folder: string): void {
  if (!addContent(contents, path.join(folder, 'package.json'))) return;
  contents.hash.update(`\0at ${realpathSync(folder)}\0`);
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // None installed, or not readable: then none counts.
    return [];
  }
}
