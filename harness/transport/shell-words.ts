/**
 * Quotes words for a POSIX shell at the other end. Needed where a transport can only send text, as ssh does.
 * Used by `ssh.ts`.
 */
import type { CommandPlace } from './transport.ts';

/** Characters that no shell gives a meaning to, anywhere in a word. */
const PLAIN = /^[A-Za-z0-9_./:@%+,-]+$/;

/** A word as a shell reads it back unchanged: whatever it holds, nothing in it is expanded. */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new Error(`a word for a shell may not hold a NUL: ${JSON.stringify(word)}`);
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command as one line of shell: in its folder, with exactly its environment where one is given. */
export function shellLine(command: readonly string[], { cwd, environment }: CommandPlace): string {
  const words =
    environment === undefined
      ? command
      : [
          'env',
          '--ignore-environment',
          ...Object.entries(environment).map(([name, value]) => `${name}=${value}`),
          ...command,
        ];
  const line = `exec ${words.map(quoteWord).join(' ')}`;
  return cwd === undefined ? line : `cd -- ${quoteWord(cwd)} && ${line}`;
}
