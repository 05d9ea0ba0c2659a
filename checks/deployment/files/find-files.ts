/**
 * Finds the files that say how a service is deployed: units, scripts, proxy configuration, containers. Which of them is
 * what follows from their place and name; what they hold is for the parsers. Reads the disk; judges nothing.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../../../harness/errors.ts';

export type FileKind =
  'unit' | 'drop-in' | 'shell' | 'nginx' | 'dockerfile' | 'compose' | 'kubernetes' | 'pm2';

export interface DeploymentFile {
  /** Relative to the project root, with `/`. */
  path: string;
  absolute: string;
  kind: FileKind;
  text: string;
  /** sha256 of the content, hexadecimal. */
  hash: string;
  /** Somebody may execute it, as the file's mode says. */
  executable: boolean;
}

export interface FindSettings {
  projectRoot: string;
  /** The only files (or folders) to look at, relative to `projectRoot`; everything is searched without it. */
  files?: readonly string[] | undefined;
}

/** Larger ones are read by nobody here. */
export const LARGEST_BYTES = 300_000;
const MOST_FOLDERS = 20_000;

/** Folders of others, of outputs, and of what is no deployment but a test, an example or a text about one. */
const SKIPPED = new Set(
  (
    'node_modules dist build coverage runs vendor bower_components target venv __pycache__ ' +
    'test tests __tests__ __mocks__ e2e spec fixture fixtures example examples sample samples benchmark benchmarks ' +
    'docs doc documentation'
  ).split(' '),
);
const SHOWN_HIDDEN = new Set(['.docker', '.deploy', '.deployment', '.k8s', '.systemd']);

const WORKLOAD = /^kind:\s*["']?(Deployment|StatefulSet|DaemonSet|ReplicaSet|Pod)\b/m;

const NAMED: readonly [FileKind, RegExp][] = [
  ['unit', /\.(service|socket|timer|path|target)$/],
  ['drop-in', /\.service\.d\/[^/]+\.conf$/],
  ['compose', /(^|\/)(docker-)?compose([.\-_][^/]*)?\.ya?ml$/],
  ['pm2', /(^|\/)(ecosystem|pm2)(\.[\w-]+)*\.(config\.)?(c?js|json|ya?ml)$/],
  ['dockerfile', /(^|\/)((Docker|Container)file([.\-_][^/]*)?|[^/]+\.Dockerfile)$/],
  ['nginx', /(^|\/)nginx[^/]*\.(conf|conf\.template|conf\.tmpl|tmpl|template)$/],
  ['nginx', /(^|\/)nginx(\/[^/]+)*\/[^/]+\.(conf|conf\.template)$/],
  ['nginx', /(^|\/)(sites-(available|enabled)|conf\.d)\/[^/]+$/],
  ['shell', /\.(sh|bash)$/],
];

/** What a file is by its place and name; the shebang and the kind of a manifest are asked where those leave it open. */
export function kindOf(name: string, text: string): FileKind | undefined {
  const named = NAMED.find(([, pattern]) => pattern.test(name))?.[0];
  // A socket of a service mesh or a Ruby class may be called so, too: a unit has sections.
  if (named === 'unit')
    return /^\s*\[(Unit|Service|Socket|Timer|Install)\]\s*$/m.test(text) ? 'unit' : undefined;
  // The same folder holds what other programs read; nginx has directives that end with `;`, or blocks.
  if (named === 'nginx') return /[;{]\s*(#.*)?$/m.test(text) ? 'nginx' : undefined;
  if (named !== undefined) return named;
  if (/\.ya?ml$/.test(name)) return WORKLOAD.test(text) ? 'kubernetes' : undefined;
  return /^#!.*\b(ba|da|k)?sh\b/.test(text) && !/\.[cm]?[jt]sx?$/.test(name) ? 'shell' : undefined;
}

export function findDeploymentFiles(settings: FindSettings): DeploymentFile[] {
  const { projectRoot, files } = settings;
  const found = files === undefined ? walk(projectRoot) : files.flatMap((each) => named(projectRoot, each));
  return [...new Set(found)]
    .flatMap((each) => read(projectRoot, each, files !== undefined))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function named(projectRoot: string, name: string): string[] {
  const full = path.resolve(projectRoot, name);
  const stats = statSync(full, { throwIfNoEntry: false });
  if (stats === undefined)
    throw new UsageError(`deployment.files: nothing at ${name}; correct the path, or leave it out`);
  return stats.isDirectory() ? walk(full) : [full];
}

function walk(root: string): string[] {
  const found: string[] = [];
  const queue = [root];
  for (let count = 0; queue.length > 0 && count < MOST_FOLDERS; count += 1) {
    const folder = queue.pop() as string;
    for (const each of readdirSync(folder, { withFileTypes: true })) {
      const full = path.join(folder, each.name);
      if (each.isFile()) found.push(full);
      else if (each.isDirectory() && isSearched(each.name)) queue.push(full);
    }
  }
  return found;
}

/** Folders that are looked into, by their name. */
export const isSearched = (name: string): boolean =>
  name.startsWith('.') ? SHOWN_HIDDEN.has(name) : !SKIPPED.has(name);

const MAY_BE = /(^|[/.])(service|socket|timer|path|target|conf|ya?ml|c?js|json|sh|bash|template|tmpl)$/;

/** Whether a file is read to see what it is: by its name, relative or absolute. */
export function mayDeploy(name: string): boolean {
  if (NAMED.some(([, pattern]) => pattern.test(name))) return true;
  if (/\.(c?js|json)$/.test(name)) return false;
  return !path.basename(name).includes('.') || MAY_BE.test(name);
}

function read(projectRoot: string, absolute: string, given: boolean): DeploymentFile[] {
  const name = path.relative(projectRoot, absolute).split(path.sep).join('/');
  const isScript = /\.(c?js|json)$/.test(name);
  if ((!given || isScript) && !mayDeploy(name)) return [];
  const stats = statSync(absolute, { throwIfNoEntry: false });
  if (!stats?.isFile() || stats.size > LARGEST_BYTES) return [];
  const text = readFileSync(absolute, 'utf8');
  const kind = kindOf(name, text);
  if (kind === undefined) return [];
  const hash = createHash('sha256').update(text).digest('hex');
  return [{ path: name, absolute, kind, text, hash, executable: (stats.mode & 0o111) !== 0 }];
}
