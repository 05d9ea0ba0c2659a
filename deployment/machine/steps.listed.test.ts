/** Every step is listed, is named after its file, and rests only on steps before it. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { STEPS } from './steps.ts';

describe('steps', () => {
  it('are the files of their folder', () => {
    const files = readdirSync(new URL('steps', import.meta.url)).map((name) => name.replace(/\.ts$/, ''));
    expect(STEPS.map(({ id }) => id).sort()).toEqual(files.sort());
  });

  it.each(STEPS.map((step, index) => [step.id, step, index] as const))(
    '%s rests on what is before',
    (_, step, index) => {
      const before = STEPS.slice(0, index).map(({ id }) => id);
      expect(before).toEqual(expect.arrayContaining([...step.needs]));
    },
  );
});
