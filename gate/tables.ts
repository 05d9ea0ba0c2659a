/**
 * The generated tables of the README: `npm run tables` writes them, a test compares the whole. A table that is
 * written by hand is wrong by the next commit.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RULES } from '../checks/source/rules.ts';
import { renderRulesTable } from '../checks/source/rules-table.ts';
import { JUDGES } from '../soak/judge-list.ts';

export const README = fileURLToPath(new URL('../README.md', import.meta.url));

/** The README with every table as the code has it. @throws when a marker is missing. */
export function withTables(text: string): string {
  const tables = { rules: renderRulesTable(RULES), judges: renderJudgesTable() };
  return Object.entries(tables).reduce((result, [name, table]) => replaceBlock(result, name, table), text);
}

function renderJudgesTable(): string {
  const rows = JUDGES.map(({ id, title, why }) => `| \`${id}\` | ${title} | ${why} |`);
  return ['| check | what must hold | what happens otherwise |', '|---|---|---|', ...rows, ''].join('\n');
}

function replaceBlock(text: string, name: string, block: string): string {
  const [open, close] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`];
  const start = text.indexOf(open);
  const end = text.indexOf(close);
  if (start < 0 || end < start) throw new Error(`README.md has no block between ${open.trim()} and ${close}`);
  return text.slice(0, start + open.length) + block + text.slice(end);
}

if (process.argv.includes('--write')) writeFileSync(README, withTables(readFileSync(README, 'utf8')));
