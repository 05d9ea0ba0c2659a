/** The README and the generated blocks in it, between `<!-- name -->` and `<!-- /name -->`. Used by the tables and the bench. */
import { fileURLToPath } from 'node:url';

export const README = fileURLToPath(new URL('../README.md', import.meta.url));

/** @throws when the text has no such block. */
export function replaceBlock(text: string, name: string, block: string): string {
  const [open, close] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  if (start < 0 || end < start) throw new Error(`README.md has no block between ${open.trim()} and ${close}`);
  return text.slice(0, start + open.length) + block + text.slice(end);
}
