/** The commands of shakedown and the report paths in an example for a CI system. For the examples' test. */

/** The words after `shakedown` of each call; variables of the shell and of the CI stand as they are. */
export function commandsIn(texts: readonly string[]): string[][] {
  return texts.flatMap((text) =>
    text
      .replaceAll(/\\\n\s*/g, ' ')
      .split('\n')
      .flatMap((line) => {
        const [, words] = /(?:^|\s)(?:node_modules\/\.bin\/|npx )shakedown\s+(.*)$/.exec(line) ?? [];
        return words === undefined ? [] : [wordsOf(words)];
      }),
  );
}

/** Every text in a document, however deep. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((each) => textsIn(each));
}

/** Paths below the folders (plain names) as they stand in the text. */
export function pathsIn(text: string, folders: readonly string[]): string[] {
  const names = folders.join('|');
  return [...new Set(text.match(new RegExp(`(?<![\\w./-])(?:${names})/[\\w.*/-]*`, 'g')) ?? [])];
}

const wordsOf = (line: string): string[] =>
  (line.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'));
