/** Adds names and contents of files to a hash. Used by what is kept of an earlier answer: here and by the gate. */
import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  statSync,
  type Dirent,
} from 'node:fs';
import path from 'node:path';
import { SKIPPED_FOLDERS } from '../source-names.ts';

/** What was read so far. */
export interface Contents {
  hash: Hash;
  /** What is there and could not be read: of that nobody can say whether it changed. */
  unread: string[];
  /** Links that lead to folders that would be looked into: what is behind them is not part of a listing. */
  linkedFolders: string[];
}

/** What a listing is about. Names are absolute. */
export interface Listed {
  /** How large a file may be for its content to count; 0 when it does not. */
  countsUpTo(file: string): number;
  /** Folders that are looked into, by their own name. */
  searched(name: string): boolean;
  /** Whether the packages that lie in it count, by name and version. */
  packages: boolean;
  /** Folders that runs are written to: the runs in them say nothing of the project. */
  written: ReadonlySet<string>;
}

/** What can change an answer: sources, declarations, configuration, data that a type is made of, how it is started. */
const COUNTS = /\.([cm]?[jt]sx?|json[c5]?|ya?ml|toml|sh)$|(Docker|Container|Proc)file/i;

/** What the analysis of the sources looks at. */
export const SOURCES = {
  countsUpTo: (file: string): number => (COUNTS.test(path.basename(file)) ? Infinity : 0),
  searched: (name: string): boolean => !SKIPPED_FOLDERS.has(name) && !name.startsWith('.'),
  packages: true,
} as const;

/** What stands in the folder of the runs: each run, `latest`, the lock. */
const OF_RUNS = /^(\d{8}T\d{6}Z-|latest$|\.)/;

export function createContents(): Contents {
  return { hash: createHash('sha256'), unread: [], linkedFolders: [] };
}

/** A file's content or what is below a folder, or that there is none, or that it cannot be read. @returns whether it is there. */
export function addContent(contents: Contents, file: string, largestBytes = Infinity): boolean {
  try {
    // Without waiting: a pipe that is called like a source has nobody who writes into it.
    const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const { size, mode } = fstatSync(descriptor);
      const kind = mode & constants.S_IFMT;
      const isFolder = kind === constants.S_IFDIR;
      contents.hash.update(`\0file ${file} ${isFolder ? 'folder' : `${size} ${kind} ${mode & 0o111}`}\0`);
      if (isFolder) addListing(contents, file, { ...SOURCES, written: new Set() });
      else if (kind === constants.S_IFREG && size <= largestBytes) addBytes(contents.hash, descriptor, size);
    } finally {
      closeSync(descriptor);
    }
    return true;
  } catch (error) {
    addAbsence(contents, file, error);
    return false;
  }
}

let buffer: Buffer | undefined;

function addBytes(hash: Hash, descriptor: number, size: number): void {
  buffer ??= Buffer.allocUnsafe(1 << 20);
  let total = 0;
  for (let count = -1; count !== 0 && total < size; total += count) {
    count = readSync(descriptor, buffer, 0, buffer.length, null);
    hash.update(buffer.subarray(0, count));
  }
  if (total !== size) hash.update(`\0${total}\0`);
}

/** All files below a folder that can change an answer, with their places. */
export function addListing(contents: Contents, folder: string, listed: Listed): void {
  const isWritten = listed.written.has(folder);
  for (const each of entriesOf(contents, folder)) {
    if (isWritten && OF_RUNS.test(each.name)) continue;
    const full = `${folder}${path.sep}${each.name}`;
    if (each.isDirectory()) {
      if (listed.searched(each.name)) addListing(contents, full, listed);
      else if (each.name === 'node_modules' && listed.packages) addNames(contents, full);
      continue;
    }
    if (each.isSymbolicLink() && isLinkToFolder(contents, full)) {
      if (listed.searched(each.name)) contents.linkedFolders.push(full);
      continue;
    }
    const largestBytes = listed.countsUpTo(full);
    if (largestBytes > 0) addContent(contents, full, largestBytes);
  }
}

/** Adds where a link leads. */
function isLinkToFolder(contents: Contents, link: string): boolean {
  contents.hash.update(`\0link ${link} ${targetOf(link)}\0`);
  return statSync(link, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The packages of a package: what is linked there, and from where. */
function addNames(contents: Contents, modules: string): void {
  for (const each of entriesOf(contents, modules)) {
    const full = path.join(modules, each.name);
    if (each.isSymbolicLink()) contents.hash.update(`\0link ${full} ${targetOf(full)}\0`);
    else if (each.name.startsWith('@')) addNames(contents, full);
    else if (each.isDirectory()) addContent(contents, path.join(full, 'package.json'));
  }
}

function entriesOf(contents: Contents, folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    addAbsence(contents, folder, error);
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

/** That there is nothing is part of what was seen; that something cannot be read is said besides. */
function addAbsence({ hash, unread }: Contents, place: string, error: unknown): void {
  const { code = 'of no code' } = error as NodeJS.ErrnoException;
  hash.update(`\0none ${place} ${code}\0`);
  if (!['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) unread.push(place);
}
