/** Reads and writes members of things. Used by the evaluator and the models. */
import { unknownMember } from './catalogue.ts';
import type { Program } from './program.ts';
import type { NodeId, Thing, ThingId } from './things.ts';

/** The place in which a thing keeps a member; every member is also among `*`, what is kept under unknown names is `rest`. */
export function fieldOf(program: Program, thing: ThingId, name: string): NodeId {
  const { flow } = program;
  const found = flow.field(thing, name);
  if (name === '*' || program.linkedFields.has(found)) return found;
  program.linkedFields.add(found);
  flow.edge(found, flow.field(thing, '*'));
  if (name !== 'rest') flow.edge(flow.field(thing, 'rest'), flow.field(thing, '*'));
  return found;
}

export function addParent(program: Program, thing: ThingId, parent: ThingId): void {
  const known = program.parents.get(thing) ?? new Set();
  if (known.has(parent) || parent === thing) return;
  known.add(parent);
  program.parents.set(thing, known);
  for (const [name, node] of program.members.get(thing) ?? []) loadFrom(program, parent, name, node);
}

/** Carries a member of everything at a place to another place. */
export function load(program: Program, from: NodeId, name: string, to: NodeId): void {
  program.loads.push({ from, to });
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

/** Names by which things come into a list or a map, or are handed to a callback from there. */
export const isListMethod = (name: string): boolean => LIST_METHODS.has(name) || MAP_METHODS.has(name);

export function loadFrom(program: Program, id: ThingId, name: string, to: NodeId): void {
  const { flow } = program;
  const thing = flow.things[id];
  if (!thing) return;
  switch (thing.t) {
    case 'external':
      flow.add(to, {
        t: 'external',
        from: thing.from,
        path: program.catalogue.member(thing.from, thing.path, name),
      });
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
      if (thing.row.aliases?.includes(name)) flow.add(to, thing);
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
  else if (of?.t === 'resource') {
    const path = `${thing.name}.${name}`;
    if (of.row.startedBy?.includes(path)) flow.add(to, { t: 'method', of: thing.of, name: path });
    else flow.add(to, { t: 'external', from: of.from, path: unknownMember(name) });
  }
}

function loadField(program: Program, id: ThingId, name: string, to: NodeId): void {
  program.flow.edge(memberOf(program, id, name), to);
}

/** The place of a member of a thing, with what its parents have under the name. */
function memberOf(program: Program, id: ThingId, name: string): NodeId {
  const { flow, members, parents } = program;
  let own = members.get(id);
  if (own === undefined) members.set(id, (own = new Map()));
  const known = own.get(name);
  if (known !== undefined) return known;
  const node = flow.node();
  own.set(name, node);
  flow.edge(fieldOf(program, id, name), node);
  if (name !== '*') flow.edge(flow.field(id, 'rest'), node);
  for (const parent of parents.get(id) ?? []) loadFrom(program, parent, name, node);
  return node;
}

/** Carries the elements over which `for-of` runs. */
export function iterate(program: Program, from: NodeId, to: NodeId): void {
  const { flow } = program;
  program.loads.push({ from, to });
  flow.onThing(from, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'array') flow.edge(fieldOf(program, id, '*'), to);
    else if (thing?.t === 'map') flow.edge(entriesOf(program, id), to);
    else if (thing?.t === 'external')
      flow.add(to, {
        t: 'external',
        from: thing.from,
        path: program.catalogue.member(thing.from, thing.path, '*'),
      });
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
