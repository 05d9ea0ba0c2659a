/** Commands and files that start a program, as the files beside the source name them. Read by `entries.ts`. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { ts } from 'ts-morph';
import { parse } from 'yaml';

/** Something that names an entry: a command line, or a file. */
export interface EntryName {
  because: string;
  command?: string;
  file?: string;
}

/** What the files of a folder name: Procfile, compose files, the settings of pm2 and of the Nest command line. */
export function namesBeside(folder: string): EntryName[] {
  const all = existsSync(folder) ? readdirSync(folder) : [];
  return all.flatMap((name): EntryName[] => {
    const file = path.join(folder, name);
    if (name === 'Procfile') return procfile(read(file));
    if (/^(docker-)?compose[\w.-]*\.ya?ml$/.test(name)) return compose(name, read(file));
    if (/^(ecosystem|pm2|process)(\.config)?\.([cm]?js|json)$/.test(name)) return pm2(name, read(file));
    return name === 'nest-cli.json' ? nest(read(file)) : [];
  });
}

const read = (file: string): string => readFileSync(file, 'utf8');

function procfile(text: string): EntryName[] {
  return text.split('\n').flatMap((line) => {
    const found = /^(\w[\w-]*)\s*:\s*(.+)$/.exec(line);
    return found ? [{ because: `Procfile ${found[1]}`, command: found[2] ?? '' }] : [];
  });
}

function compose(name: string, text: string): EntryName[] {
  let parsed: unknown;
  try {
    parsed = parse(text);
  } catch {
    // A file with syntax of its own (templates) names no entries; the other ways of finding them remain.
    return [];
  }
  return Object.entries(objectIn(parsed, 'services')).flatMap(([service, each]) =>
    ['command', 'entrypoint'].flatMap((key) => {
      const value = isObject(each) ? each[key] : undefined;
      const command = Array.isArray(value) ? value.join(' ') : value;
      return typeof command === 'string' ? [{ because: `${name} ${service}`, command }] : [];
    }),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

function objectIn(value: unknown, key: string): Record<string, unknown> {
  const found = isObject(value) ? value[key] : undefined;
  return isObject(found) ? found : {};
}

/** `script: 'dist/main.js'` of the applications, whichever way the file exports them. */
function pm2(name: string, text: string): EntryName[] {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const found: EntryName[] = [];
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertyAssignment(node) &&
      /^["']?script["']?$/.test(node.name.getText(source)) &&
      ts.isStringLiteralLike(node.initializer)
    )
      found.push({ because: name, file: node.initializer.text });
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function nest(text: string): EntryName[] {
  // The file may have comments.
  const { config } = ts.parseConfigFileTextToJson('nest-cli.json', text) as { config?: unknown };
  const one = (project: unknown, folder: string): EntryName[] => {
    if (!isObject(project)) return [];
    const root = typeof project.sourceRoot === 'string' ? project.sourceRoot : folder;
    const file = typeof project.entryFile === 'string' ? project.entryFile : 'main';
    return project.type === 'library'
      ? []
      : [{ because: 'nest-cli.json', file: path.posix.join(root, file) }];
  };
  const projects = Object.values(objectIn(config, 'projects'));
  return projects.length > 0 ? projects.flatMap((each) => one(each, 'src')) : one(config, 'src');
}
