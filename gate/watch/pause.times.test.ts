/** Which restarts a pause announces: those within it, seen while it holds or at the first look after it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { announcePause, pauseBetween, pauseNow } from './pause.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shakedown-pause-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (second: number): Date => new Date(1_800_000_000_000 + second * 1_000);

it.each([
  ['seen while it holds', 30, 50, true],
  ['seen at the first look after it', 55, 62, true],
  ['of before it', -20, -5, false],
  ['of after it', 61, 75, false],
])('a restart %s', (_what, since, now, announced) => {
  announcePause(folder, 60_000, 'deploy', at(0));
  expect(pauseBetween(folder, at(since), at(now))?.reason).toBe(announced ? 'deploy' : undefined);
});

it('holds until its end and no longer', () => {
  announcePause(folder, 60_000, 'deploy', at(0));
  expect([at(-1), at(0), at(59), at(60)].map((now) => pauseNow(folder, now)?.reason)).toEqual([
    undefined,
    'deploy',
    'deploy',
    undefined,
  ]);
});

it('that cannot be read announces nothing', () => {
  writeFileSync(join(folder, 'pause.json'), '{');
  expect(pauseNow(folder, at(0))).toBeUndefined();
});
