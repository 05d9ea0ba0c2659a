/**
 * A call of `shakedown check` whose answer may be kept: which project it is about, and all that makes its words what they
 * are beside the project. Read before anything else is loaded; the table of options is in `command-options.ts`.
 */
import { createHash } from 'node:crypto';
import { hostname, release } from 'node:os';
import { join, resolve } from 'node:path';
import type { Tool } from '../checks/source/result-cache/tool.ts';
import { findConfig } from '../harness/find-config.ts';
import { SECRET_NAME } from '../harness/mask.ts';

/** The surroundings of a call. */
export interface Call {
  /** Without Node and the program. */
  argv: readonly string[];
  cwd: string;
  environment: NodeJS.ProcessEnv;
  /** Whether standard output and standard error are terminals. */
  terminals: readonly boolean[];
  /** The Node that runs it, with its options. */
  node: readonly string[];
  tool: Tool;
}

/** What is asked: a check of a folder without a configuration, which leaves nothing anywhere but its run. */
export interface Asked {
  root: string;
  quiet: boolean;
  runsFolder: string;
}

/** Options with one value. Whatever is not named here reads or writes elsewhere, or prints the run itself. */
const WITH_VALUE = new Set(['--types', '--runs', '--format']);

/** Nothing for every other call. A configuration is a program: nobody knows what it depends on. */
export function askedOf({ argv, cwd }: Pick<Call, 'argv' | 'cwd'>): Asked | undefined {
  if (argv[0] !== 'check') return undefined;
  const folders: string[] = [];
  let runs: string | undefined;
  let quiet = false;
  for (let at = 1; at < argv.length; at += 1) {
    const [name = '', inline] = splitOption(argv[at] ?? '');
    if (name === '--quiet' && inline === undefined) quiet = true;
    else if (name === '--rule' && inline === undefined) {
      while (argv[at + 1]?.startsWith('-') === false) at += 1;
    } else if (WITH_VALUE.has(name)) {
      const value = inline ?? argv[(at += 1)];
      if (value === undefined || value === '' || value.startsWith('-')) return undefined;
      if (name === '--runs') runs = value;
    } else if (name.startsWith('-')) return undefined;
    else folders.push(argv[at] ?? '');
  }
  if (folders.length > 1) return undefined;
  const root = resolve(cwd, folders[0] ?? '.');
  if (findConfig(root) !== undefined) return undefined;
  return {
    root,
    quiet,
    runsFolder: runs === undefined ? join(root, '.shakedown', 'runs') : resolve(cwd, runs),
  };
}

function splitOption(word: string): [string, string?] {
  const at = word.startsWith('--') ? word.indexOf('=') : -1;
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

/** Variables that change what is printed, what the host's tools say, or what Node and git do. */
const COUNTS =
  /^(NO_COLOR|FORCE_COLOR|CI|GITHUB_ACTIONS|TERM|COLORTERM|COLUMNS|LANG|LANGUAGE|TZ|HOME|XDG_CONFIG_HOME|(LC|NODE|GIT|SYSTEMD|SHELLCHECK)_.*)$/;

/** One name for all that is asked alike. */
export function nameOfCall({ argv, cwd, environment, terminals, node }: Call, { root }: Asked): string {
  const variables = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  const plain = variables.filter(([name]) => COUNTS.test(name));
  // Their values are masked in what is printed. So short a hash tells one from another, and nobody what they are.
  const secrets = hashOf(variables.filter(([name]) => SECRET_NAME.test(name))).slice(0, 4);
  const host = [hostname(), release(), process.getuid?.() ?? ''];
  return hashOf([root, argv, cwd, plain, secrets, terminals, node, host]).slice(0, 32);
}

const hashOf = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex');
