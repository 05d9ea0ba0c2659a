/**
 * The resource catalogue as the linker asks it: which row does a call open, which paths into a package are worth following.
 * Made once per program, of the built-in rows and those that the user adds.
 */
import {
  DROPPING_HOSTS,
  HANDLING_HOSTS,
  RESPONSE_GIVERS,
} from '../../../../harness/resource-catalogue/callback-hosts.ts';
import { BORROWERS, OWNERS } from '../../../../harness/resource-catalogue/ownership.ts';
import {
  RESOURCE_CATALOGUE,
  SHUTDOWN_HELPERS,
  type ResourceRow,
} from '../../../../harness/resource-catalogue.ts';
import { CONTAINER_PATHS } from './container-names.ts';

export interface Catalogue {
  rows: readonly ResourceRow[];
  /** The row that a call of an external opens, if any: exact, or by `*` for the last name, or for a file of the package. */
  rowOpenedBy(from: string, path: string): ResourceRow | undefined;
  /** The path of a member of an external. */
  member(from: string, path: string, name: string): string;
  /** The path of what a call of an external gives. */
  result(from: string, path: string): string;
  /** Packages of which single files are known, too: their names are worth following. */
  isPackageOfFiles(name: string): boolean;
  /** Functions that release what they are given, with the kinds of resources that each releases. */
  closers: ReadonlyMap<string, ReadonlySet<string>>;
  /** Functions that release all handles of a row. */
  everyone: ReadonlySet<string>;
  registries: ReadonlySet<string>;
  /** Functions that keep a handle for the whole process, with those that give it back. */
  keepers: ReadonlyMap<string, readonly string[]>;
  givers: ReadonlySet<string>;
}

/** The catalogue with the user's rows in front: of two rows that name the same opening, theirs counts. */
export function catalogueWith(added: readonly ResourceRow[] = []): Catalogue {
  return added.length === 0
    ? (builtIn ??= index(RESOURCE_CATALOGUE))
    : index([...added, ...RESOURCE_CATALOGUE]);
}

let builtIn: Catalogue | undefined;

/** The package that a file belongs to: `ccxt` for `ccxt/js/src/pro/luno.js`. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}

/** Names that say something even of a thing of which nothing is known. */
const TELLING_NAMES = new Set(
  'stop close shutdown dispose destroy end terminate disconnect quit map flatMap forEach on once addListener'.split(
    ' ',
  ),
);

/** What stands for a member of something of which nothing is known. */
export const unknownMember = (name: string): string => (TELLING_NAMES.has(name) ? `….${name}` : '…');

function index(rows: readonly ResourceRow[]): Catalogue {
  const byOpening = new Map<string, ResourceRow>();
  const closers = new Map<string, Set<string>>();
  for (const row of rows) {
    for (const each of row.opens) if (!byOpening.has(each)) byOpening.set(each, row);
    for (const each of row.closedBy ?? []) closers.set(each, (closers.get(each) ?? new Set()).add(row.kind));
  }
  const known = knownPaths(rows);
  const isKnown = (from: string, path: string): boolean => leadsToKnown(known, from, path);
  return {
    rows,
    rowOpenedBy: (from, path) => rowOpenedBy(byOpening, from, path),
    isPackageOfFiles: (name) => byOpening.has(`${packageOf(name)}/*`),
    // What leads nowhere that the catalogue knows keeps its last name only, so that there are as many externals as names.
    // `default` is the module itself: both forms of import name the same thing.
    member: (from, path, name) => {
      if (name === 'default') return path;
      const longer = path ? `${path}.${name}` : name;
      return !path.startsWith('…') && isKnown(from, longer) ? longer : unknownMember(name);
    },
    result: (from, path) => (isKnown(from, `${path}()`) && !path.startsWith('…') ? `${path}()` : '…'),
    closers,
    everyone: new Set(rows.flatMap((each) => each.closesAll ?? [])),
    registries: new Set(rows.flatMap((each) => each.registry ?? [])),
    keepers: new Map(rows.flatMap((row) => (row.keptBy ?? []).map((each) => [each, row.givenBackBy ?? []]))),
    givers: new Set(rows.flatMap((each) => each.givenBackBy ?? [])),
  };
}

function rowOpenedBy(
  byOpening: ReadonlyMap<string, ResourceRow>,
  from: string,
  path: string,
): ResourceRow | undefined {
  const exact = byOpening.get(path ? `${from} ${path}` : from);
  if (exact || path.endsWith(')')) return exact;
  const owner = packageOf(from);
  if (owner !== from) {
    const ofFile = byOpening.get(`${owner}/*`);
    if (!ofFile || path === '') return ofFile;
    return rowOpenedBy(byOpening, owner, path);
  }
  const row = byOpening.get(`${from} ${path.replace(/[^.]+$/, '*')}`);
  const name = path.split('.').at(-1) ?? '';
  return row?.starNames && name !== '*' && !row.starNames.test(name) ? undefined : row;
}

function knownPaths(rows: readonly ResourceRow[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const named = rows.flatMap((row) => [
    ...row.opens,
    ...(row.closedBy ?? []),
    ...(row.closesAll ?? []),
    ...(row.registry ?? []),
    ...(row.keptBy ?? []),
    ...(row.givenBackBy ?? []),
    ...(row.onlyHolding ?? []),
  ]);
  const hosts = [...Object.keys(DROPPING_HOSTS), ...HANDLING_HOSTS, ...RESPONSE_GIVERS];
  const takers = [...BORROWERS.flatMap((each) => each.by), ...OWNERS];
  for (const each of [...named, ...SHUTDOWN_HELPERS, ...hosts, ...takers, ...CONTAINER_PATHS]) {
    const [from = '', path = ''] = each.split(' ');
    found.set(from, [...(found.get(from) ?? []), path]);
  }
  return found;
}

/** Short names of the platform are kept as they are: the models know them. */
const isPlatformName = (from: string, path: string): boolean =>
  (from === 'global' || from.startsWith('node:')) &&
  !path.includes('()') &&
  (path.split('.').length <= 2 || /^(\w+\.prototype\.\w+(\.call)?|import\.meta\.\w+)$/.test(path));

/** The path leads, or may lead, to something that the catalogue knows. */
function leadsToKnown(paths: ReadonlyMap<string, string[]>, from: string, path: string): boolean {
  if (path === '' || path === '()' || isPlatformName(from, path)) return true;
  return (paths.get(from) ?? paths.get(packageOf(from)) ?? []).some(
    (known) =>
      known.startsWith(path) ||
      known === path.replace(/[^.]+$/, '*') ||
      known.startsWith(`${path.replace(/\(\)$/, '')}`),
  );
}
