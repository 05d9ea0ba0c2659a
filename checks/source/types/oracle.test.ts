/** The oracle: promises by the callee's return type, missing types without a crash. */
import { describe, expect, it } from 'vitest';
import { inProject } from '../testing-project.ts';
import { createOracle, type TypeQuestion } from './oracle.ts';

const TEXT = `declare const box: { close(): Promise<void>; end(): void; either(): void | Promise<void>; any: any };
import type { Gone } from 'not-installed';
declare const gone: Gone;
box.close(); box.end(); box.either(); box.any.close(); gone.close();
`;

const question = (file: string, call: string): TypeQuestion => {
  const start = TEXT.indexOf(call);
  return { file, start, end: start + call.length };
};

describe('type oracle', () => {
  it('answers from types, and says undefined where they are missing', async () => {
    await inProject({ 'main.ts': TEXT }, (projectRoot) => {
      const oracle = createOracle({ projectRoot, files: [`${projectRoot}/main.ts`], options: {} });
      expect(oracle.notes()).toEqual([]);
      expect(oracle.isPromise(question('main.ts', 'box.close()'))).toBe(true);
      expect(oracle.isPromise(question('main.ts', 'box.end()'))).toBe(false);
      expect(oracle.isPromise(question('main.ts', 'box.either()'))).toBe(true);
      expect(oracle.isPromise(question('main.ts', 'box.any.close()'))).toBeUndefined();
      expect(oracle.isPromise(question('main.ts', 'gone.close()'))).toBeUndefined();
      expect(oracle.unresolved()).toBe(2);
      expect(oracle.notes()[0]).toContain('not-installed');
    });
  });
});
