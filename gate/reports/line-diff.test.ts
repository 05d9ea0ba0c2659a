/** The diff is one that git takes, and takes to the same text. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { unifiedDiff } from '../../harness/renderers/line-diff.ts';
import { createProject } from '../testing/project.ts';

const LONG = Array.from({ length: 40 }, (_, index) => `line ${index}`);
const text = (lines: string[]): string => `${lines.join('\n')}\n`;

it.each([
  ['one line', ['a', 'b', 'c'], ['a', 'x', 'c']],
  ['the first and the last', LONG, ['new', ...LONG.slice(0, -1), 'other']],
  ['two places far apart', LONG, LONG.with(3, 'x').with(30, 'y').toSpliced(31, 2)],
  ['wrapped and indented', ['a', 'b()', 'c'], ['a', 'try {', '  b()', '} catch {', '}', 'c']],
  ['equal lines', ['{', '}', '{', '}'], ['{', '}', '{', 'x', '}', '{', '}']],
])('%s', (_name, before, after) => {
  using project = createProject();
  project.write('file.txt', text(before));
  project.write('change.diff', unifiedDiff('file.txt', text(before), text(after)));
  execFileSync('git', ['apply', 'change.diff'], { cwd: project.folder });
  expect(readFileSync(join(project.folder, 'file.txt'), 'utf8')).toBe(text(after));
});

it('nothing where nothing differs', () => {
  expect(unifiedDiff('file.txt', 'a\n', 'a\n')).toBe('');
});
