/** The generated tree: the same from the same seed, of the wished size, every import with a file. */
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateTree } from './generate-tree.ts';

const linesOf = (files: ReadonlyMap<string, string>): number =>
  [...files].reduce((sum, [name, text]) => sum + (name.endsWith('.ts') ? text.split('\n').length - 1 : 0), 0);

describe('generated tree', () => {
  it('is the same from the same seed, and another from another', () => {
    expect(generateTree(3_000, 7)).toEqual(generateTree(3_000, 7));
    expect([...generateTree(3_000, 8).values()]).not.toEqual([...generateTree(3_000, 7).values()]);
  });

  it.each([1_000, 10_000, 50_000])('has %i lines, or the rest of one domain more', (lines) => {
    const written = linesOf(generateTree(lines));
    expect(written).toBeGreaterThanOrEqual(lines);
    expect(written).toBeLessThan(lines * 1.05 + 700);
  });

  it('imports only what it has', () => {
    const files = generateTree(20_000);
    for (const [name, text] of files)
      for (const [, from] of text.matchAll(/from '(\.[^']+)\.js'/g))
        expect(files.has(`${posix.join(posix.dirname(name), from ?? '')}.ts`), `${name}: ${from}`).toBe(true);
  });
});
