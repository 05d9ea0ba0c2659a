/** Reads and writes members of things. Used by the evaluator and the models. */
import {
  RESOURCE_CATALOGUE,
  SHUTDOWN_HELPERS,
  type ResourceRow,
} from '../../../../harness/resource-catalogue.ts';
import type { Program } from './program.ts';
import type { NodeId, Thing, ThingId } from './things.ts';

const BY_OPENING = new Map<string, ResourceRow>();
for (const row of RESOURCE_CATALOGUE)
  for (const each of row.opens) if (!BY_OPENING.has(each)) BY_OPENING.set(each, row);

/** The row that a call of an external opens, if any: exact, or by `*` for the last name, or for a file of the package. */
export function rowOpenedBy(from: string, path: string): ResourceRow | undefined {
  const exact = BY_OPENING.get(path ? `${from} ${path}` : from);
  if (exact || path.endsWith(')')) return exact;
  const owner = packageOf(from);
  if (owner !== from) {
    const ofFile = BY_OPENING.get(`${owner}/*`);
    if (!ofFile || path === '') return ofFile;
    return rowOpenedBy(owner, path);
  }
  const row = BY_OPENING.get(`${from} ${path.replace(/[^.]+$/, '*')}`);
  const name = path.split('.').at(-1) ?? '';
  return row?.starNames && name !== '*' && !row.starNames.test(name) ? undefined : row;
}

/** The package that a file belongs to: `ccxt` for `ccxt/js/src/pro/luno.js`. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
}

const KNOWN_PATHS = new Map<string, string[]>();
for (const each of [
  ...RESOURCE_CATALOGUE.flatMap((row) => [
    ...row.opens,
    ...(row.closedBy ?? []),
    ...(row.closesAll ?? []),
    ...(row.registry ?? []),
    ...(row.keptBy ?? []),
    ...(row.givenBackBy ?? []),
    ...(row.onlyHolding ?? []),
  ]),
  ...SHUTDOWN_HELPERS,
]) {
  const [from = '', path = ''] = each.split(' ');
  KNOWN_PATHS.set(from, [...(KNOWN_PATHS.get(from) ?? []), path]);
}

/** Packages of which single files are known, too: their names are worth following. */
export const isPackageOfFiles = (name: string): boolean => BY_OPENING.has(`${packageOf(name)}/*`);

/** Short names of the platform are kept as they are: the models know them. */
const isPlatformName = (from: string, path: string): boolean =>
  (from === 'global' || from.startsWith('node:')) &&
  !path.includes('()') &&
  (path.split('.').length <= 2 || /^(\w+\.prototype\.\w+(\.call)?|import\.meta\.\w+)$/.test(path));

/** The path leads, or may lead, to something that the catalogue knows. */
function isKnown(from: string, path: string): boolean {
  if (path === '' || path === '()' || isPlatformName(from, path)) return true;
  return (KNOWN_PATHS.get(from) ?? KNOWN_PATHS.get(packageOf(from)) ?? []).some(
    (known) =>
      known.startsWith(path) ||
      known === path.replace(/[^.]+$/, '*') ||
      known.startsWith(`${path.replace(/\(\)$/, '')}`),
  );
}

/** Names that say something even of a thing of which nothing is known. */
const TELLING_NAMES = new Set(
  'stop close shutdown dispose destroy end terminate disconnect quit map flatMap forEach on once addListener'.split(
    ' ',
  ),
);

/**
 * The path of a member. What leads nowhere the catalogue knows keeps its last name only, so that there are as many
 * externals as names. `default` is the module itself: both forms of import name the same thing.
 */
export function externalMember(from: string, path: string, name: string): string {
  if (name === 'default') return path;
  const longer = path ? `${path}.${name}` : name;
  if (!path.startsWith('…') && isKnown(from, longer)) return longer;
  return TELLING_NAMES.has(name) ? `….${name}` : '…';
}

/** The path of what a call of an external gives. */
export function externalResult(from: string, path: string): string {
  const longer = `${path}()`;
  return isKnown(from, longer) && !path.startsWith('…') ? longer : '…';
}

/** The place in which a thing keeps a member; every member is also among `*`, what is kept under unknown names is `rest`. */
export function fieldOf(program: Program, thing: ThingId, name: string): NodeId {
  const { flow } = program;
  const found = flow.field(thing, name);
  if (name !== '*') {
    flow.edge(found, flow.field(thing, '*'));
    if (name !== 'rest') flow.edge(flow.field(thing, 'rest'), flow.field(thing, '*'));
  }
  return found;
}

export function addParent(program: Program, thing: ThingId, parent: ThingId): void {
  const known = program.parents.get(thing) ?? new Set();
  if (known.has(parent) || parent === thing) return;
  known.add(parent);
  program.parents.set(thing, known);
  for (const [name, to] of program.loads.get(thing) ?? []) loadFrom(program, parent, name, to);
}

/** Carries a member of everything at a place to another place. */
export function load(program: Program, from: NodeId, name: string, to: NodeId): void {
  program.flow.onThing(from, (thing) => loadFrom(program, thing, name, to));
}

/** Writes to a member of everything at a place. */
export function store(program: Program, target: NodeId, name: string, value: NodeId): void {
  program.flow.onThing(target, (thing) => {
    program.flow.edge(value, fieldOf(program, thing, name === '*' ? 'rest' : name));
  });
}

/** Methods that the models know; any other member of these is of no interest. */
const FUNCTION_METHODS = new Set(['bind', 'call', 'apply']);
const MAP_METHODS = new Set(['set', 'get', 'values', 'keys', 'entries', 'forEach']);
const LIST_METHODS = new Set(
  (
    'push unshift add fill filter slice splice reverse toReversed sort toSorted values concat flat with toSpliced ' +
    'find findLast at pop shift some every forEach findIndex entries map flatMap reduce reduceRight'
  ).split(' '),
);

export function loadFrom(program: Program, id: ThingId, name: string, to: NodeId): void {
  const { flow } = program;
  const thing = flow.things[id];
  if (!thing) return;
  switch (thing.t) {
    case 'external':
      flow.add(to, { t: 'external', from: thing.from, path: externalMember(thing.from, thing.path, name) });
      return;
    case 'text':
    case 'promise':
    case 'resolver':
    case 'made':
      return;
    case 'location':
      flow.add(to, thing);
      return;
    case 'method':
      loadFromMethod(program, id, thing, name, to);
      return;
    case 'abort':
      flow.add(to, name === 'signal' ? { t: 'signal', site: thing.site } : { t: 'method', of: id, name });
      return;
    case 'map':
      if (MAP_METHODS.has(name)) flow.add(to, { t: 'method', of: id, name });
      return;
    case 'signal':
    case 'stack':
      flow.add(to, { t: 'method', of: id, name });
      return;
    case 'array':
      if (name === '*' || /^\d+$/.test(name)) loadField(program, id, name, to);
      else if (LIST_METHODS.has(name)) flow.add(to, { t: 'method', of: id, name });
      return;
    case 'resource':
      loadField(program, id, name, to);
      flow.add(to, { t: 'method', of: id, name });
      return;
    case 'function':
      loadField(program, id, name, to);
      if (FUNCTION_METHODS.has(name)) flow.add(to, { t: 'method', of: id, name });
      return;
    default:
      loadField(program, id, name, to);
  }
}

function loadFromMethod(
  program: Program,
  id: ThingId,
  thing: Thing & { t: 'method' },
  name: string,
  to: NodeId,
): void {
  const { flow } = program;
  const of = flow.things[thing.of];
  // A method of a method of a method: binding twice is binding once.
  if (FUNCTION_METHODS.has(thing.name)) return;
  if (FUNCTION_METHODS.has(name)) flow.add(to, { t: 'method', of: id, name });
  else if (of?.t === 'resource')
    flow.add(to, { t: 'external', from: of.from, path: TELLING_NAMES.has(name) ? `….${name}` : '…' });
}

function loadField(program: Program, id: ThingId, name: string, to: NodeId): void {
  const { flow, loads, parents } = program;
  flow.edge(fieldOf(program, id, name), to);
  if (name !== '*') flow.edge(flow.field(id, 'rest'), to);
  const known = loads.get(id);
  if (!known) loads.set(id, [[name, to]]);
  else if (known.some(([n, node]) => n === name && node === to)) return;
  else known.push([name, to]);
  for (const parent of parents.get(id) ?? []) loadFrom(program, parent, name, to);
}

/** Carries the elements over which `for-of` runs. */
export function iterate(program: Program, from: NodeId, to: NodeId): void {
  const { flow } = program;
  flow.onThing(from, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'array') flow.edge(fieldOf(program, id, '*'), to);
    else if (thing?.t === 'map') flow.edge(entriesOf(program, id), to);
    else if (thing?.t === 'external')
      flow.add(to, { t: 'external', from: thing.from, path: externalMember(thing.from, thing.path, '*') });
  });
}

/** A place with the `[key, value]` array of a map. */
export function entriesOf(program: Program, map: ThingId): NodeId {
  const { flow } = program;
  const node = flow.field(map, '@entries');
  const thing = flow.things[map];
  if (thing?.t !== 'map' || flow.thingsAt(node).size > 0) return node;
  const entry = flow.intern({ t: 'array', file: thing.file, id: thing.id, part: 'entry' });
  flow.edge(flow.field(map, '@keys'), fieldOf(program, entry, '0'));
  flow.edge(flow.field(map, '@values'), fieldOf(program, entry, '1'));
  flow.add(node, { t: 'array', file: thing.file, id: thing.id, part: 'entry' });
  return node;
}
