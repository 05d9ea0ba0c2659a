/**
 * Parses a Dockerfile as far as it says how the service is run: stages, instructions with their continuations, exec and
 * shell form. Pure.
 */
import type { Location } from '../../../harness/verdict.ts';
import { type RunBy, runBy, runByShell } from '../model/run-by.ts';

export interface Instruction {
  /** Upper case. */
  keyword: string;
  /** Continuations joined by a blank, comments between them gone. */
  text: string;
  line: number;
}

/** A command as it is written: a JSON array of words, or a line for the shell. */
export type Command =
  { form: 'exec'; argv: string[]; line: number } | { form: 'shell'; text: string; line: number };

export interface Dockerfile {
  instructions: Instruction[];
  /** The instructions of the last stage, which is what runs. */
  last: Instruction[];
  entrypoint?: Command;
  cmd?: Command;
}

export function parseDockerfile(text: string): Dockerfile {
  const instructions = [...readInstructions(text)];
  const start = instructions.findLastIndex(({ keyword }) => keyword === 'FROM');
  const last = instructions.slice(Math.max(0, start));
  const entrypoint = commandOf(last.findLast(({ keyword }) => keyword === 'ENTRYPOINT'));
  const cmd = commandOf(last.findLast(({ keyword }) => keyword === 'CMD'));
  return { instructions, last, ...(entrypoint ? { entrypoint } : {}), ...(cmd ? { cmd } : {}) };
}

function* readInstructions(text: string): Generator<Instruction> {
  const escape = /^#\s*escape\s*=\s*`/im.test(text) ? '`' : '\\';
  let open: Instruction | undefined;
  let heredoc: string | undefined;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (heredoc !== undefined) {
      if (line.trim() === heredoc) heredoc = undefined;
      continue;
    }
    if (/^\s*(#|$)/.test(line)) continue;
    const continued = line.trimEnd().endsWith(escape);
    const content = continued ? line.trimEnd().slice(0, -1) : line;
    if (open === undefined) {
      const match = /^\s*([A-Za-z]+)\s*(.*)$/.exec(content);
      if (match === null) continue;
      open = { keyword: (match[1] ?? '').toUpperCase(), text: match[2] ?? '', line: index + 1 };
    } else open.text += ` ${content.trim()}`;
    if (continued) continue;
    heredoc = /^(RUN|COPY|ADD)$/.test(open.keyword) ? /<<-?["']?(\w+)["']?/.exec(open.text)?.[1] : undefined;
    yield { ...open, text: open.text.trim() };
    open = undefined;
  }
  if (open !== undefined) yield { ...open, text: open.text.trim() };
}

function commandOf(instruction: Instruction | undefined): Command | undefined {
  if (instruction === undefined) return undefined;
  const { text, line } = instruction;
  const argv = jsonWords(text);
  return argv === undefined ? { form: 'shell', text, line } : { form: 'exec', argv, line };
}

/** What is no JSON array of strings is taken for the shell form, as Docker does. */
function jsonWords(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  try {
    const words = JSON.parse(text) as unknown;
    return Array.isArray(words) && words.every((each) => typeof each === 'string') ? words : undefined;
  } catch {
    return undefined; // the shell form
  }
}

/** Who runs the program in the container, and where that is written; undefined when the base image says it. */
export function containerRunBy(
  file: string,
  docker: Dockerfile,
): { run: RunBy; location: Location } | undefined {
  const { entrypoint, cmd } = docker;
  const main = entrypoint ?? cmd;
  if (main === undefined) return undefined;
  const location: Location = { file, line: (cmd ?? main).line, column: 1 };
  if (main.form === 'shell')
    return { run: runByShell(main.text), location: { ...location, line: main.line } };
  const more = entrypoint !== undefined && cmd?.form === 'exec' ? cmd.argv : [];
  return { run: runBy([...main.argv, ...more]), location };
}
