/**
 * Loads every module of a service but its entry, which would start it and is only parsed: what does not load is named.
 * Run by install.sh with the release's own Node before anything is switched; stands alone, as servers have no harness.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const ENTRY = 'main.ts';

async function main(folder: string): Promise<number> {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const problems: string[] = [];
  if (!files.includes(ENTRY)) problems.push(`${folder} has no ${ENTRY}`);
  const entry = spawnSync(process.execPath, ['--check', path.join(folder, ENTRY)], { encoding: 'utf8' });
  if (entry.status !== 0) problems.push(`${ENTRY}: ${entry.stderr.trim()}`);
  for (const name of files.filter((each) => each !== ENTRY)) {
    try {
      await import(pathToFileURL(path.join(folder, name)).href);
    } catch (error) {
      problems.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  flushCompileCache();
  for (const problem of problems) process.stderr.write(`does not load: ${problem}\n`);
  if (problems.length === 0) process.stdout.write(`   checked ${files.length} modules load\n`);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main(path.resolve(process.argv[2] ?? '.'));
