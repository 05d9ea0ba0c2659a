import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readFacts } from './read-facts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'shakedown-facts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const input = (text: string, name = 'a.ts') => ({
  path: name,
  text,
  hash: createHash('sha256').update(text).digest('hex'),
});
const entries = () => readdirSync(folder).filter((name) => name.endsWith('.json'));

it('answers from the cache what it would extract, and keeps the cache out of git', () => {
  const file = input('setInterval(() => {}, 1000);\n');
  const extracted = readFacts(file, undefined);
  expect(readFacts(file, folder)).toEqual(extracted);
  expect(readFacts(file, folder)).toEqual(extracted);
  expect(entries()).toHaveLength(1);
  expect(readFileSync(path.join(folder, '.gitignore'), 'utf8')).toBe('*\n');
});

it('keeps another content and another kind of file apart', () => {
  for (const file of [input('let a;'), input('let b;'), input('let a;', 'a.js')]) readFacts(file, folder);
  expect(entries()).toHaveLength(3);
});

it('extracts again what was cut off or written by another version', () => {
  const file = input('setInterval(() => {}, 1000);\n');
  const extracted = readFacts(file, folder);
  const [entry = ''] = entries();
  for (const damaged of ['{"ver', JSON.stringify({ ...extracted, version: -1, functions: [] })]) {
    writeFileSync(path.join(folder, entry), damaged);
    expect(readFacts(file, folder)).toEqual(extracted);
  }
});
