/** Adds names and contents of files to a hash. Used by the inputs of the result cache. */
import type { Hash } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, type Dirent } from 'node:fs';
import path from 'node:path';
import { SKIPPED_FOLDERS } from '../source-names.ts';

/** What can change an answer: sources, declarations, configuration, data that a type is made of, how it is started. */
const COUNTS = /\.([cm]?[jt]sx?|json[c5]?|ya?ml|toml|sh)$|(Docker|Container|Proc)file/i;

/** A file's content or what is below a folder, or that there is none, or that it cannot be read. @returns whether it is there. */
export function addContent(hash: Hash, file: string): boolean {
  try {
    const content = readFileSync(file);
    hash.update(`\0file ${file} ${content.length}\0`).update(content);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    hash.update(`\0none ${file} ${code}\0`);
    if (code === 'EISDIR') addListing(hash, file, new Set());
    return code === 'EISDIR';
  }
}

/** All files below a folder that can change an answer, with their places; `written`: folders that are left out. */
export function addListing(hash: Hash, folder: string, written: ReadonlySet<string>): void {
  for (const each of entriesOf(hash, folder)) {
    const full = path.join(folder, each.name);
    if (each.isSymbolicLink()) hash.update(`\0link ${full} ${targetOf(full)}\0`);
    if (each.isDirectory()) {
      if (written.has(full)) continue;
      if (each.name === 'node_modules') addNames(hash, full);
      else if (!SKIPPED_FOLDERS.has(each.name) && !each.name.startsWith('.')) addListing(hash, full, written);
    } else if (COUNTS.test(each.name)) addContent(hash, full);
  }
}

/** The packages of a package: what is linked there, and from where. */
function addNames(hash: Hash, modules: string): void {
  for (const each of entriesOf(hash, modules)) {
    const full = path.join(modules, each.name);
    if (each.isSymbolicLink()) hash.update(`\0link ${full} ${targetOf(full)}\0`);
    else if (each.name.startsWith('@')) addNames(hash, full);
    else if (each.isDirectory()) addContent(hash, path.join(full, 'package.json'));
  }
}

function entriesOf(hash: Hash, folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    hash.update(`\0none ${folder} ${(error as NodeJS.ErrnoException).code}\0`);
    return [];
  }
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    // It went away meanwhile: without a target it differs from any link with one.
    return '';
  }
}
