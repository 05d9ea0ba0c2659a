/** Writes the examples of all rules into the file that the package ships: `node gate/explain/write-examples.ts FILE`. */
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURES, readExamples } from './examples.ts';

const [, , target] = process.argv;
if (target === undefined) throw new Error('name the file to write');
const rules = FIXTURES.flatMap((folder) =>
  readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory()),
);
writeFileSync(
  target,
  JSON.stringify(Object.fromEntries(rules.sort().map((rule) => [rule, readExamples(rule)]))),
);
