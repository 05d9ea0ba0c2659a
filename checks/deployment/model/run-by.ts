/**
 * Who runs the program: node itself, a package manager that stands between, a shell that stands between. Asked of units,
 * containers and manifests alike. Pure.
 */
import { type Command, parse, type PipelineNode, type Statement } from 'unbash';

export type RunBy =
  | { by: 'node'; program: string }
  | { by: 'manager' | 'shell'; program: string }
  | { by: 'other'; program: string };

const NODES = new Set(['node', 'nodejs', 'bun', 'deno', 'tsx', 'ts-node', 'pm2-runtime', 'pm2-docker']);
const MANAGERS = new Set(['npm', 'npx', 'yarn', 'pnpm', 'pnpx', 'bunx', 'corepack']);
const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh']);
/** Programs that take a program and its arguments, and become it or hand on its signals. */
const WRAPPERS = new Set([
  'env',
  'exec',
  'tini',
  'dumb-init',
  'catatonit',
  'nice',
  'ionice',
  'chrt',
  'taskset',
  'stdbuf',
  'setpriv',
  'gosu',
  'su-exec',
  'unshare',
  'dotenv',
  'nohup',
]);
/** Options of those that take a word of their own. */
const WITH_VALUE = new Set(['-n', '-c', '-u', '-C', '-S', '-o', '-e', '--user', '-g', '-i']);

export const baseName = (program: string): string => program.slice(program.lastIndexOf('/') + 1);

/** @param argv words of the command; a shell's `-c` text is parsed as what it is. */
export function runBy(argv: readonly string[]): RunBy {
  const words = unwrapped(argv);
  const [program = ''] = words;
  const name = baseName(program);
  if (NODES.has(name)) return { by: 'node', program: name };
  if (MANAGERS.has(name)) return { by: 'manager', program: name };
  if (!SHELLS.has(name)) return { by: 'other', program };
  const at = words.findIndex((each) => /^-[a-z]*c$/.test(each));
  const text = at < 0 ? undefined : words[at + 1];
  return text === undefined ? { by: 'other', program } : runByShell(text, name);
}

/** What a line that a shell reads runs in the end: with `exec` the shell is gone by then. */
export function runByShell(text: string, shell = 'sh'): RunBy {
  const last = parse(text).commands.at(-1);
  const command = last === undefined ? undefined : lastCommand(last);
  if (command === undefined) return { by: 'shell', program: shell };
  const words = wordsOf(command);
  const inner = runBy(words);
  if (inner.by === 'manager' || inner.by === 'other') return inner;
  return words[0] === 'exec' || replacesItself(text, shell) ? inner : { by: 'shell', program: shell };
}

/** bash becomes the one simple command that it is given; dash, which is `sh` on Debian, does not. */
function replacesItself(text: string, shell: string): boolean {
  const { commands } = parse(text);
  return shell === 'bash' && commands.length === 1 && commands[0]?.command.type === 'Command';
}

function lastCommand(statement: Statement): Command | undefined {
  const simple = (node: PipelineNode | undefined): Command | undefined =>
    node?.type === 'Command' ? node : undefined;
  const { command } = statement;
  if (command.type === 'AndOr') return simple(command.commands.at(-1));
  return command.type === 'Pipeline' ? undefined : simple(command);
}

export function wordsOf(command: Command): string[] {
  return [
    ...(command.name === undefined ? [] : [command.name.value]),
    ...command.args.map((each) => (each.type === 'Word' ? each.value : each.text)),
  ];
}

function unwrapped(argv: readonly string[]): string[] {
  let words = [...argv];
  for (;;) {
    const [first = ''] = words;
    if (!WRAPPERS.has(baseName(first))) return words;
    const wrapper = baseName(first);
    words = words.slice(1);
    while (words.length > 1 && /^-|^\w+=/.test(words[0] ?? '')) {
      const option = words.shift() ?? '';
      if (option === '--') break;
      if (option !== '-S' && WITH_VALUE.has(option)) words.shift();
    }
    // These take a user before the program.
    if (wrapper === 'gosu' || wrapper === 'su-exec') words = words.slice(1);
  }
}
