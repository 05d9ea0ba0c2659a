/** What a real shell reads back is what was put in. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { quoteWord, shellLine } from './shell-words.ts';

const HOSTILE = [
  'plain-word_1.2/3:4@5%6+7,8',
  '',
  ' ',
  'two words',
  "it's",
  "''",
  '"double"',
  'a\nb\n',
  '$HOME ${HOME} $(id) `id`',
  'back\\slash\\',
  '!history * ? [a] {a,b} ~ # ; & | < > ( )',
  '--option=value',
  '~',
  'tab\there',
  'ümläut 漢字 😀',
  '\u0001\u001b[31m',
];

const print = [process.execPath, '--eval', 'console.log(JSON.stringify(process.argv.slice(1)))', '--'];

describe('quoting for a shell', () => {
  it.each(['sh', 'bash'])('%s reads back every word', (shell) => {
    const line = shellLine([...print, ...HOSTILE], {});
    expect(JSON.parse(execFileSync(shell, ['-c', line], { encoding: 'utf8' }))).toEqual(HOSTILE);
  });

  it('hands over the folder and exactly the environment', () => {
    const script = 'console.log(JSON.stringify([process.cwd(), process.env.A, process.env.HOME ?? null]))';
    const line = shellLine([process.execPath, '--eval', script], {
      cwd: '/',
      environment: { A: "x 'y' $z\nw" },
    });
    expect(JSON.parse(execFileSync('sh', ['-c', line], { encoding: 'utf8' }))).toEqual([
      '/',
      "x 'y' $z\nw",
      null,
    ]);
  });

  it('does not run in another folder than the one asked for', () => {
    const line = shellLine(['echo', 'ran'], { cwd: '/no such folder' });
    expect(() => execFileSync('sh', ['-c', line], { stdio: 'pipe' })).toThrow(/no such folder/);
  });

  it('refuses what no shell can carry', () => {
    expect(() => quoteWord('a\0b')).toThrow(/NUL/);
  });
});
