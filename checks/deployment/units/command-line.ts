/** Splits systemd's command lines (`ExecStart=`): prefixes, quotes, escapes. Pure. */

export interface CommandLine {
  /** `-`, `@`, `:`, `+`, `!`, as far as they stand before the program. */
  prefixes: string;
  argv: string[];
}

export function parseCommandLine(value: string): CommandLine {
  const prefixes = /^[-@:+!|]*/.exec(value)?.[0] ?? '';
  const argv = splitWords(value.slice(prefixes.length));
  // With `@` the second word is what the program sees as its own name.
  if (prefixes.includes('@')) argv.splice(1, 1);
  return { prefixes, argv };
}

/** Words as systemd.syntax(7) splits them: quotes may stand around a word, a backslash keeps what follows. */
export function splitWords(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\' && at + 1 < text.length) {
      word = (word ?? '') + (text[(at += 1)] ?? '');
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + char;
  }
  if (word !== undefined) words.push(word);
  return words;
}
