/** Where the program starts: an answer that still holds, else the command. Called by `bin/shakedown.js`; loads next to nothing itself. */
import { answerKept } from './kept-check.ts';

/** Runs one command. @returns the exit code. */
export async function start(argv: string[]): Promise<number> {
  return (await answerKept(argv.slice(2))) ?? (await import('./main.ts')).main(argv);
}
