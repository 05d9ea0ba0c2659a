/** What answers: the tool's own code, its parser and compilers, and the Node that runs them, as one hash. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { addContent } from './contents.ts';

/** The rooms whose code makes an answer. */
const ROOMS = ['checks', 'harness'];
/** The packages that can change one. */
const PACKAGES = [
  'ts-morph',
  '@ts-morph/common',
  'typescript',
  '@typescript/native',
  '@typescript/native-preview',
];

let known: string | undefined;

export function toolHash(): string {
  if (known !== undefined) return known;
  const hash = createHash('sha256').update(`${process.version} ${process.platform} ${process.arch}`);
  const top = path.resolve(import.meta.dirname, '../../..');
  for (const room of ROOMS)
    for (const file of codeIn(path.join(top, room))) hash.update(`\0${file}\0`).update(readFileSync(file));
  for (const folder of [top, path.dirname(top)])
    for (const each of ['', ...PACKAGES.map((name) => path.join('node_modules', name))])
      addContent(hash, path.join(folder, each, 'package.json'));
  return (known = hash.digest('hex'));
}

function codeIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((each) => {
      const full = path.join(folder, each.name);
      if (each.isDirectory()) return codeIn(full);
      return /(?<!\.test|\.d)\.[jt]s$/.test(each.name) ? [full] : [];
    });
}
