/** The compiler options that questions are answered under: the project's own, without what only emitting needs. */
import path from 'node:path';
import { ts } from 'ts-morph';
import { RESOURCE_CATALOGUE } from '../../../harness/resource-catalogue.ts';

/**
 * Packages whose handles the catalogue knows without types are not loaded: those of ccxt alone (a file for each exchange)
 * take longer than everything else together. A call on one of their members has no answer.
 */
export const KNOWN_BY_TYPE: ReadonlySet<string> = new Set(
  RESOURCE_CATALOGUE.flatMap((row) =>
    row.knownByType ? row.opens.map((each) => each.split(/[ /]/)[0] ?? '') : [],
  ),
);

/** Both back ends are given the same: what TypeScript 7 no longer has is left out for 6, too. */
export function oracleOptions(own: ts.CompilerOptions, root: string): ts.CompilerOptions {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    ...own,
    allowJs: true,
    noEmit: true,
    skipLibCheck: true,
    noResolve: false,
    allowImportingTsExtensions: true,
    typeRoots: own.typeRoots ?? typeRootsAbove(root),
  };
  if (options.target !== undefined && options.target < ts.ScriptTarget.ES2015)
    options.target = ts.ScriptTarget.ES2015;
  const resolution = options.moduleResolution;
  // The two of Node's old ways and the classic one are gone; the bundler's finds what they found.
  if (resolution === undefined || resolution < ts.ModuleResolutionKind.Node16)
    options.moduleResolution = implied(options);
  for (const each of ONLY_FOR_EMIT) delete options[each];
  return options;
}

function implied({ module }: ts.CompilerOptions): ts.ModuleResolutionKind {
  const isNode = module !== undefined && module >= ts.ModuleKind.Node16 && module <= ts.ModuleKind.NodeNext;
  return isNode ? ts.ModuleResolutionKind.NodeNext : ts.ModuleResolutionKind.Bundler;
}

const ONLY_FOR_EMIT = [
  'composite',
  'incremental',
  'tsBuildInfoFile',
  'declaration',
  'declarationMap',
  'emitDeclarationOnly',
  'declarationDir',
  'outDir',
  'outFile',
  'out',
  'rootDir',
  'sourceMap',
  'inlineSourceMap',
  'inlineSources',
  'isolatedDeclarations',
  'plugins',
  'noUnusedLocals',
  'noUnusedParameters',
  'rewriteRelativeImportExtensions',
  'ignoreDeprecations',
] as const;

/** What stands for a package that is not loaded: all that is imported from it is `any`, as from one that is not found. */
export const NOT_LOADED = `declare const all: ${'any'};\nexport = all;\n`;

/**
 * The options as a tsconfig.json says them, with absolute paths: for a compiler that is reached through one. `notLoaded`
 * is a file with the text of that name.
 */
export function asJson(
  options: ts.CompilerOptions,
  root: string,
  notLoaded: string,
): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || SKIPPED.has(name)) continue;
    const names = ENUMS[name];
    if (names) json[name] = typeof value === 'number' ? names[value]?.toLowerCase() : value;
    else if (typeof value !== 'object' || name === 'types' || name === 'customConditions') json[name] = value;
  }
  if (options.lib)
    json['lib'] = options.lib.map((each) => path.basename(each).replace(/^lib\.|\.d\.ts$/g, ''));
  const base = options.baseUrl ?? (options['pathsBasePath'] as string | undefined) ?? root;
  json['paths'] = {
    ...absolutePaths(options.paths ?? {}, base),
    ...Object.fromEntries([...KNOWN_BY_TYPE].map((name) => [name, [notLoaded]])),
  };
  json['typeRoots'] = options.typeRoots;
  if (options.rootDirs) json['rootDirs'] = options.rootDirs;
  return json;
}

const SKIPPED = new Set(['configFilePath', 'pathsBasePath', 'baseUrl', 'project', 'configFile']);

const ENUMS: Record<string, Record<number, string>> = {
  target: { ...ts.ScriptTarget, [ts.ScriptTarget.ESNext]: 'esnext' },
  module: ts.ModuleKind,
  moduleResolution: ts.ModuleResolutionKind,
  moduleDetection: { 1: 'legacy', 2: 'auto', 3: 'force' },
  jsx: { 1: 'preserve', 2: 'react', 3: 'react-native', 4: 'react-jsx', 5: 'react-jsxdev' },
  newLine: { 0: 'crlf', 1: 'lf' },
};

function absolutePaths(paths: ts.MapLike<string[]>, base: string): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(paths).map(([name, targets]) => [name, targets.map((each) => path.resolve(base, each))]),
  );
}

function typeRootsAbove(root: string): string[] {
  const parent = path.dirname(root);
  const own = path.join(root, 'node_modules/@types');
  return parent === root ? [own] : [own, ...typeRootsAbove(parent)];
}
