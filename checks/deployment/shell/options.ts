/** The options of the shell that `set` and the first line put in force. Pure. */
import type { Options } from './script.ts';

const LETTERS: Readonly<Record<string, keyof Options>> = { e: 'errexit', u: 'nounset' };

export function shebangOptions(shebang: string): Options {
  const words = shebang.trim().split(/\s+/).slice(1);
  return readOptions({ errexit: false, nounset: false, pipefail: false }, words);
}

/** `set -euo pipefail`, `set +e`, `set -o errexit`. */
export function readOptions(before: Options, args: readonly string[]): Options {
  const options = { ...before };
  for (let at = 0; at < args.length; at += 1) {
    const match = /^([-+])([a-zA-Z]+)$/.exec(args[at] ?? '');
    if (match === null) continue;
    const on = match[1] === '-';
    for (const letter of match[2] ?? '') {
      const named = letter === 'o' ? args[(at += 1)] : undefined;
      const option = letter === 'o' ? named : LETTERS[letter];
      if (option === 'errexit' || option === 'nounset' || option === 'pipefail') options[option] = on;
    }
  }
  return options;
}
