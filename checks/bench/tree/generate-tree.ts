/**
 * A service tree of a wished size for the bench: the same from the same seed, with imports, types and promises as real
 * services have them. `node checks/bench/tree/generate-tree.ts FOLDER --lines 100000 [--seed 1]`.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { CORE_FILES } from './core-files.ts';
import { drawDomain, GROUP_SIZE, type Domain } from './domain.ts';
import { createDraw } from './draw.ts';
import { renderGateway, renderRepository, renderRules, renderTypes } from './templates-data.ts';
import { renderAuth, renderGroup, renderMain } from './templates-main.ts';
import { renderComposition, renderRoutes, renderScheduler, renderService } from './templates-work.ts';

/** The files of a tree by path; their lines together are `lines` or a little more. */
export function generateTree(lines: number, seed = 1): Map<string, string> {
  const draw = createDraw(seed);
  const files = new Map<string, string>();
  let written = 0;
  const add = (name: string, text: string): void => {
    files.set(name, text);
    if (name.endsWith('.ts')) written += text.split('\n').length - 1;
  };
  for (const [name, text] of Object.entries(CORE_FILES))
    add(name.endsWith('.json') ? name : `src/${name}`, text);
  add('src/core/auth.ts', renderAuth());
  const domains: Domain[] = [];
  while (written < lines) {
    const domain = drawDomain(draw, domains.length, domains);
    domains.push(domain);
    const { id } = domain;
    const at = `src/domains/${id}/${id}`;
    add(`${at}-types.ts`, renderTypes(domain));
    add(`${at}-rules.ts`, renderRules(draw, domain));
    add(`${at}-repository.ts`, renderRepository(domain));
    add(`${at}-gateway.ts`, renderGateway(domain));
    add(`${at}-service.ts`, renderService(draw, domain));
    add(`${at}-routes.ts`, renderRoutes(draw, domain));
    add(`${at}-scheduler.ts`, renderScheduler(draw, domain));
    add(`${at}.ts`, renderComposition(domain));
  }
  const groups = Math.ceil(domains.length / GROUP_SIZE);
  for (let group = 0; group < groups; group += 1)
    add(
      `src/groups/group-${group}.ts`,
      renderGroup(
        group,
        domains.filter((each) => each.group === group),
      ),
    );
  add('src/main.ts', renderMain(groups));
  return files;
}

/** Writes a tree to a folder that it has for itself. */
export function writeTree(folder: string, files: ReadonlyMap<string, string>): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [name, text] of files) {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
}

if (import.meta.main) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { lines: { type: 'string', default: '10000' }, seed: { type: 'string', default: '1' } },
  });
  const [folder] = positionals;
  if (folder === undefined) throw new Error('name the folder to write to');
  const files = generateTree(Number(values.lines), Number(values.seed));
  writeTree(folder, files);
  process.stdout.write(`${files.size} files in ${folder}\n`);
}
