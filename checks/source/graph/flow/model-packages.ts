/** Modules that are loaded by a computed name: where a URL or a path leads, and what an import of it gives. */
import { moduleNode } from './module-node.ts';
import { packageOf } from './catalogue.ts';
import type { Program, Site } from './program.ts';
import type { Model } from './model-values.ts';
import type { NodeId } from './things.ts';

/** Hands on the place in a package that a value names, and nothing else of it. */
export function carryLocation(program: Program, from: NodeId, to: NodeId): void {
  const { flow } = program;
  flow.onThing(from, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'location') flow.add(to, thing);
  });
}

/** `new URL(path, base)`, `path.join(folder, name)`, `String(url)`: the place of any argument. */
const locate: Model = (program, site) => {
  for (const each of site.args) carryLocation(program, each, site.result);
};

/** `import.meta.resolve('ccxt')`, `require.resolve('ccxt/package.json')`. */
const resolve: Model = (program, site) => {
  onSpecifier(program, site, (specifier) => {
    if (program.catalogue.isPackageOfFiles(specifier))
      program.flow.add(site.result, { t: 'location', of: packageOf(specifier) });
  });
};

/** `import(name)` and the function that `createRequire` makes, of a name that is known only when it runs. */
const loadModule: Model = (program, site) => {
  const { flow } = program;
  const [first] = site.args;
  onSpecifier(program, site, (specifier) =>
    flow.edge(moduleNode(program, site.file, specifier), site.result),
  );
  if (first === undefined) return;
  flow.onThing(first, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'location') flow.add(site.result, { t: 'external', from: `${thing.of}/*`, path: '' });
  });
};

function onSpecifier(program: Program, site: Site, listener: (specifier: string) => void): void {
  const { flow } = program;
  const [written] = site.call.a;
  const [first] = site.args;
  if (written?.k === 'text') listener(written.t);
  else if (first !== undefined)
    flow.onThing(first, (id) => {
      const thing = flow.things[id];
      if (thing?.t === 'text' && program.catalogue.isPackageOfFiles(thing.text)) listener(thing.text);
    });
}

export const PACKAGE_MODELS: Record<string, Model> = {
  'global import': loadModule,
  'global require': loadModule,
  'global import.meta.resolve': resolve,
  'global require.resolve': resolve,
  'node:module createRequire': (program, site) =>
    program.flow.add(site.result, { t: 'external', from: 'global', path: 'require' }),
  ...Object.fromEntries(
    [
      'global URL',
      'global String',
      'node:url URL',
      'node:url fileURLToPath',
      'node:url pathToFileURL',
      'node:path join',
      'node:path resolve',
      'node:path dirname',
      'node:path normalize',
    ].map((each) => [each, locate]),
  ),
};
