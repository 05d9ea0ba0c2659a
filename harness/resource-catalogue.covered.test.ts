/** Each resource that is known to matter has a row, or a reason for having none. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { RESOURCE_CATALOGUE, SHUTDOWN_HELPERS } from './resource-catalogue.ts';

interface Known {
  package: string;
  open: string;
  /** Openings that rows of the catalogue must name. */
  rows?: string[];
  /** Helpers that register the signal handlers. */
  helpers?: string[];
  /** Why there is no row. */
  noRow?: string;
}

const root = path.resolve(import.meta.dirname, '..');
const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
const known = read(path.join(root, 'fixtures/catalogue/known-resources.json')) as Known[];
/** The collection that the list was made from, where it lies beside the repository. */
const collection = path.resolve(root, '../shared/data/resources.json');

describe('resources that are known to matter', () => {
  const opens = new Set(RESOURCE_CATALOGUE.flatMap((row) => row.opens));

  it.each(known.map((each) => [each.package, each.open, each] as const))(
    '%s: %s',
    (_package, _open, each) => {
      for (const opening of each.rows ?? []) expect(opens).toContain(opening);
      for (const helper of each.helpers ?? []) expect(SHUTDOWN_HELPERS).toContain(helper);
      expect([each.rows, each.helpers, each.noRow].filter((one) => one !== undefined)).toHaveLength(1);
    },
  );

  it('are 86', () => {
    expect(known).toHaveLength(86);
  });

  it.skipIf(!existsSync(collection))('are those of the collection', () => {
    const { resources } = read(collection) as { resources: { package: string; open: string[] }[] };
    expect(known.map((each) => [each.package, each.open])).toEqual(
      resources.map((each) => [each.package, each.open[0]]),
    );
  });
});
