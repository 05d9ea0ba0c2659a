/** Every rule against its fixtures, as they are and rewritten: what is marked is found, and nothing else. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import type { Finding } from './examine.ts';
import type { AnyRule } from './rule.ts';
import { RULES } from './rules.ts';
import { checkSource } from './source-stage.ts';
import { decorated, reformatted, renamed } from './testing-rewrites.ts';

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/rules');
const folders = readdirSync(fixtures).filter((each) => statSync(path.join(fixtures, each)).isDirectory());
let workshop = '';

beforeAll(() => {
  workshop = mkdtempSync(path.join(tmpdir(), 'shakedown-conformance-'));
});
afterAll(() => rmSync(workshop, { recursive: true, force: true }));

/** Files of a fixture by name; a folder's entry is `main`, a file is its own. */
function readFixture(rule: string, name: string): { files: Map<string, string>; entry: string } {
  const full = path.join(fixtures, rule, name);
  if (statSync(full).isFile()) return { files: new Map([[name, readFileSync(full, 'utf8')]]), entry: name };
  const files = new Map(readdirSync(full).map((each) => [each, readFileSync(path.join(full, each), 'utf8')]));
  const entry = [...files.keys()].find((each) => /^main\.[cm]?[jt]s$/.test(each));
  if (!entry) throw new Error(`${rule}/${name} has no main file`);
  return { files, entry };
}

let count = 0;
async function findings(
  rule: AnyRule,
  files: ReadonlyMap<string, string>,
  entry: string,
): Promise<Finding[]> {
  count += 1;
  const projectRoot = path.join(workshop, String(count));
  mkdirSync(projectRoot);
  for (const [name, text] of files) writeFileSync(path.join(projectRoot, name), text);
  const config = configSchema.parse({ source: { entries: [entry] } });
  const { verdicts } = await checkSource({ projectRoot, config, rules: [rule] });
  return verdicts;
}

function marked(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([name, text]) =>
    text.split('\n').flatMap((line, index) => {
      const mark = /\/\/ ! (\w+)/.exec(line);
      return mark ? [`${name}:${index + 1} ${mark[1]}`] : [];
    }),
  );
}

const failures = (all: readonly Finding[]): Finding[] => all.filter((each) => each.outcome === 'fail');
const placed = (all: readonly Finding[]): string[] => [
  ...new Set(failures(all).map((each) => `${each.location?.file}:${each.location?.line} ${each.messageId}`)),
];
/** Message ids in the order of the file: what a rewrite must not change. */
function sequence(all: readonly Finding[]): string[] {
  const position = (each: Finding): number =>
    (each.location?.line ?? 0) * 10_000 + (each.location?.column ?? 0);
  return failures(all)
    .sort((a, b) => position(a) - position(b))
    .map((each) => each.messageId ?? '');
}

describe('rules and fixtures', () => {
  it('agree: a file per rule named as its id, a fixture folder per rule and the reverse', () => {
    const files = readdirSync(path.join(import.meta.dirname, 'rules')).filter((each) =>
      /^[\w-]+\.ts$/.test(each),
    );
    const ids = RULES.map((each) => each.id).sort();
    expect(files.map((each) => each.replace(/\.ts$/, '')).sort()).toEqual(ids);
    expect([...folders].sort()).toEqual(ids);
  });

  for (const rule of RULES) {
    const names = readdirSync(path.join(fixtures, rule.id)).filter((each) => /^(bad|good)/.test(each));

    it(`${rule.id}: every message is exercised by a fixture`, () => {
      const seen = new Set(
        names.flatMap((name) => marked(readFixture(rule.id, name).files).map((each) => each.split(' ')[1])),
      );
      expect([...seen].sort()).toEqual(Object.keys(rule.messages).sort());
    });

    for (const name of names) {
      it(`${rule.id}/${name}`, async () => {
        const { files, entry } = readFixture(rule.id, name);
        const found = await findings(rule, files, entry);
        expect(placed(found).sort()).toEqual(marked(files).sort());
        expect(found.filter((each) => each.outcome === 'unknown').map((each) => each.message)).toEqual([]);
        if (!name.startsWith('good'))
          expect(failures(found).every((each) => (each.path?.length ?? 0) > 0 || each.location)).toBe(true);
        else
          expect(
            found.filter((each) => each.outcome === 'pass' && each.check === rule.id).length,
          ).toBeGreaterThan(0);
      });
    }
  }
});

describe('rewrites change nothing', () => {
  const rewrites: Record<string, (file: string, text: string) => string | Promise<string>> = {
    reformatted,
    renamed,
    decorated,
  };
  for (const rule of RULES)
    for (const [kind, rewrite] of Object.entries(rewrites))
      it(`${rule.id} ${kind}`, async () => {
        const names = readdirSync(path.join(fixtures, rule.id)).filter((each) =>
          /^(bad|good).*\.[jt]s$/.test(each),
        );
        expect(names.length).toBeGreaterThan(0);
        for (const name of names) {
          const { files, entry } = readFixture(rule.id, name);
          const text = files.get(name) ?? '';
          const rewritten = await rewrite(name, text);
          expect(rewritten, name).not.toBe(text);
          const before = sequence(await findings(rule, files, entry));
          const after = sequence(await findings(rule, new Map([[name, rewritten]]), entry));
          expect(after, `${name} ${kind}\n${rewritten}`).toEqual(before);
        }
      });
});
