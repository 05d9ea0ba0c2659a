import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFacts, type FactsInput } from './read-facts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'shakedown-facts-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const input = (text: string, name = 'a.ts'): FactsInput => ({
  path: name,
  text,
  hash: createHash('sha256').update(text).digest('hex'),
});
const pack = (): string =>
  path.join(folder, readdirSync(folder).find((name) => name.endsWith('.pack')) ?? '');

/** One analysis: reads these files and saves. */
function read(...files: FactsInput[]) {
  const cache = openFacts(folder);
  const facts = files.map((each) => cache.read(each));
  cache.save();
  return facts;
}

const timer = input('setInterval(() => {}, 1000);\n');
const extracted = openFacts(undefined).read(timer);

it('answers from the cache what it would extract, and keeps the cache out of git', () => {
  expect(read(timer)).toEqual([extracted]);
  const written = readFileSync(pack());
  expect(read(timer)).toEqual([extracted]);
  expect(readFileSync(pack())).toEqual(written);
  expect(readFileSync(path.join(folder, '.gitignore'), 'utf8')).toBe('*\n');
});

it('does not read a file whose facts it has', () => {
  read(timer);
  // The hash is what counts: another text under it is not looked at.
  expect(openFacts(folder).read({ ...timer, text: 'let other;' })).toEqual(extracted);
});

it('keeps another content and another kind of file apart', () => {
  const files = [input('let a: number;'), input('let b;'), input('let a: number;', 'a.js')];
  const fresh = files.map((each) => openFacts(undefined).read(each));
  expect(read(...files)).toEqual(fresh);
  expect(read(...files)).toEqual(fresh);
});

it('forgets what is no longer there when something new is written, and what others have written', () => {
  read(timer, input('let a;'));
  writeFileSync(path.join(folder, `facts-${'0'.repeat(16)}.pack`), 'of another extractor');
  writeFileSync(path.join(folder, `${'0'.repeat(64)}.json`), 'of a former version');
  read(timer, input('let b;'));
  const [first = ''] = readFileSync(pack(), 'utf8').split('\n');
  expect((JSON.parse(first) as unknown[]).length).toBe(2);
  expect(readdirSync(folder).sort()).toEqual(['.gitignore', path.basename(pack())]);
});

it('extracts again what was cut off, damaged, or written by another version', () => {
  read(timer);
  const whole = readFileSync(pack());
  const damages = [
    Buffer.alloc(0),
    Buffer.from('{"ver'),
    Buffer.from('null\n'),
    Buffer.from('[[1,2,3]]\nxyz'),
    ...[1, 30, whole.length >> 1, whole.length - 1].map((length) => whole.subarray(0, length)),
    Buffer.from(whole.toString('latin1').replaceAll('setInterval', 'setTimeouts'), 'latin1'),
    Buffer.from(whole.toString('latin1').replace('"version":', '"version":9'), 'latin1'),
  ];
  for (const damaged of damages) {
    writeFileSync(pack(), damaged);
    expect(read(timer)).toEqual([extracted]);
  }
});

it('does without a cache where none can be written', () => {
  const file = path.join(folder, 'a-file');
  writeFileSync(file, '');
  const cache = openFacts(path.join(file, 'below'));
  expect(cache.read(timer)).toEqual(extracted);
  cache.save();
});
