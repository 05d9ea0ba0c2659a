/** Every rule against its fixtures: what is marked is found, and nothing else. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RULES } from './rules.ts';
import { failures, marksOf, placesOf, readFixtures, ruleFolders, Workshop } from './testing/rule-fixtures.ts';

const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());

describe('rules and fixtures', () => {
  it('agree: a file per rule named as its id, a fixture folder per rule and the reverse', () => {
    const files = readdirSync(path.join(import.meta.dirname, 'rules')).filter((each) =>
      /^[\w-]+\.ts$/.test(each),
    );
    const ids = RULES.map((each) => each.id).sort();
    expect(files.map((each) => each.replace(/\.ts$/, '')).sort()).toEqual(ids);
    expect(ruleFolders().sort()).toEqual(ids);
  });

  for (const rule of RULES) {
    const fixtures = readFixtures(rule.id);

    it(`${rule.id}: every message is exercised by a fixture`, () => {
      const seen = new Set(fixtures.flatMap(({ files }) => marksOf(files).map((each) => each.split(' ')[1])));
      expect([...seen].sort()).toEqual(Object.keys(rule.messages).sort());
    });

    for (const fixture of fixtures) {
      it(`${rule.id}/${fixture.name}`, async () => {
        const found = await workshop.findings(rule, fixture);
        expect(placesOf(found).sort()).toEqual(marksOf(fixture.files).sort());
        expect(found.filter((each) => each.outcome === 'unknown').map((each) => each.message)).toEqual([]);
        if (fixture.name.startsWith('good')) {
          const passed = found.filter((each) => each.outcome === 'pass' && each.check === rule.id);
          expect(passed.length).toBeGreaterThan(0);
        } else expect(failures(found).every((each) => each.location !== undefined)).toBe(true);
      });
    }
  }
});
