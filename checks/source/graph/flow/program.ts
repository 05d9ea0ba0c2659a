/**
 * The linked program: files, places and things, call sites, and what the linker noted on the way (openings, releases,
 * registrations). Filled by the linker, read by the graph.
 */
import type { Borrower } from '../../../../harness/resource-catalogue/ownership.ts';
import type { ResourceRow } from '../../../../harness/resource-catalogue.ts';
import type { CallValue, FileFacts, Value } from '../../facts/model.ts';
import type { Catalogue } from './catalogue.ts';
import type { Content } from './data-objects.ts';
import { createFlow, type Flow } from './flow.ts';
import type { NodeId, Thing, ThingId } from './things.ts';

export interface ProgramFile {
  /** Relative to the project root, with `/`. */
  path: string;
  facts: FileFacts;
  /** Where a specifier leads: a file of the program by index, or a package by its name. */
  resolve(specifier: string): number | string;
}

/** A function of a file; `fn` is its id in the facts. */
export interface FunctionRef {
  file: number;
  fn: number;
}

const keys: string[][] = [];

/** One word for a function of the program. Made once: a text that maps have met is found again by its kept hash. */
export const functionKey = ({ file, fn }: FunctionRef): string =>
  ((keys[file] ??= [])[fn] ??= `${file}.${fn}`);

export interface Site extends FunctionRef {
  id: number;
  call: CallValue;
  callee: NodeId;
  base: NodeId | undefined;
  args: NodeId[];
  result: NodeId;
}

/**
 * How a function comes to be called: `call` by this project, `map` by an array method that keeps what it returns,
 * `each` by one that ignores it, `drop` by a host that ignores what it returns, `then` by a promise, `after` when a release is done, `listen` when something
 * has started, `hook` by a framework that waits for it while it starts, `executor` by `new Promise`, `host` by a library of which nothing is known.
 */
export type EdgeKind =
  'call' | 'map' | 'each' | 'drop' | 'then' | 'after' | 'listen' | 'hook' | 'executor' | 'host';

export interface CallEdge {
  from: FunctionRef;
  to: FunctionRef;
  site: number;
  kind: EdgeKind;
}

/** What becomes of a promise at some place. */
export type PromiseUse =
  | { how: 'awaited' | 'handled' | 'handed' }
  | { how: 'chained'; site: number }
  | { how: 'returned'; fn: FunctionRef };

export interface Opening {
  site: number;
  row: ResourceRow;
  resource: ThingId;
}

/** A call that releases, starts, or otherwise acts on a resource. */
export interface ResourceCall {
  site: number;
  resource: ThingId;
  sync: boolean;
}

export interface Registration {
  site: number;
  /** Signals and process events; empty for a helper library, which registers its own. */
  events: Set<string>;
  handlers: Set<ThingId>;
  helper?: string;
}

export interface Program {
  files: ProgramFile[];
  catalogue: Catalogue;
  flow: Flow;
  sites: Site[];
  /** The place of each expression that was evaluated. */
  nodes: Map<Value, NodeId>;
  siteOfCall: Map<CallValue, Site>;
  edges: CallEdge[];
  edgeKeys: Set<string>;
  uses: Map<ThingId, PromiseUse[]>;
  openings: Opening[];
  releases: ResourceCall[];
  starts: ResourceCall[];
  unrefs: Set<ThingId>;
  /** Resources that were given away to a library or a helper, by how. */
  handedOver: Map<ThingId, 'helper' | 'library'>;
  /** Resources that were given to a package which uses them and leaves them open. */
  lent: Map<ThingId, { site: number; borrower: Borrower }>;
  /** Resources by those that release them with themselves. */
  owned: Map<ThingId, Set<ThingId>>;
  /** Resources by the abort signal that ends them. */
  signalled: Map<ThingId, Set<ThingId>>;
  registrations: Map<number, Registration>;
  /** Things whose missing fields are looked up elsewhere: classes, instances, re-exports. */
  parents: Map<ThingId, Set<ThingId>>;
  /** Places of members, what the parents have under the name included; by thing and name. */
  members: Map<ThingId, Map<string, NodeId>>;
  /** Fields that are among the members of their thing already. */
  linkedFields: Set<NodeId>;
  bindings: NodeId[][];
  returns: Map<string, NodeId>;
  classThis: Map<string, NodeId>;
  /** Callees that nothing is known of: call sites by id. */
  settled: boolean;
  /** Object literals that provide something under a token, by file and id, with the function that writes them. */
  providers: Map<string, { value: Value & { k: 'object' }; ref: FunctionRef }>;
  /** Object literals that hold nothing but data so far, by the place where they stand. */
  unfilled: Map<NodeId, Thing>;
  /** Whether objects and lists hold something, by thing. */
  contents: Map<ThingId, Content>;
  /** Members and elements of what is at one place come to another. */
  loads: { from: NodeId; to: NodeId }[];
  /** What is written into members of what is at a place; a flag is a constant. */
  stores: { target: NodeId; value: NodeId; isFlag: boolean }[];
  /** What was linked already, so that it is linked once however often a thing arrives. */
  done: Set<string>;
}

export function createProgram(files: ProgramFile[], catalogue: Catalogue): Program {
  const flow = createFlow();
  return {
    files,
    catalogue,
    flow,
    sites: [],
    nodes: new Map(),
    siteOfCall: new Map(),
    edges: [],
    edgeKeys: new Set(),
    uses: new Map(),
    openings: [],
    releases: [],
    starts: [],
    unrefs: new Set(),
    handedOver: new Map(),
    lent: new Map(),
    owned: new Map(),
    signalled: new Map(),
    registrations: new Map(),
    parents: new Map(),
    members: new Map(),
    linkedFields: new Set(),
    bindings: files.map((file) => file.facts.bindings.map(() => flow.node())),
    returns: new Map(),
    classThis: new Map(),
    settled: true,
    providers: new Map(),
    unfilled: new Map(),
    contents: new Map(),
    loads: [],
    stores: [],
    done: new Set(),
  };
}

function once(program: Program, map: Map<string, NodeId>, key: string): NodeId {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = program.flow.node()));
  return found;
}

export function bindingNode(program: Program, file: number, b: number): NodeId {
  const found = program.bindings[file]?.[b];
  if (found === undefined) throw new Error(`no binding ${b} in ${program.files[file]?.path}`);
  return found;
}

/** Where a function's results come together. */
export function returnNode(program: Program, ref: FunctionRef): NodeId {
  return once(program, program.returns, functionKey(ref));
}

/** What `this` is in the methods of a class: its instances and those of its subclasses. */
export function classThisNode(program: Program, file: number, cls: number): NodeId {
  return once(program, program.classThis, `${file}.${cls}`);
}

export function factsOf(program: Program, file: number): FileFacts {
  const found = program.files[file];
  if (!found) throw new Error(`no file ${file}`);
  return found.facts;
}

export function functionOf(program: Program, ref: FunctionRef) {
  const found = factsOf(program, ref.file).functions[ref.fn];
  if (!found) throw new Error(`no function ${ref.fn} in ${program.files[ref.file]?.path}`);
  return found;
}

export function addEdge(
  program: Program,
  from: FunctionRef,
  to: FunctionRef,
  site: number,
  kind: EdgeKind,
): boolean {
  const key = `${from.file}.${from.fn} ${to.file}.${to.fn} ${site} ${kind}`;
  if (program.edgeKeys.has(key)) return false;
  program.edgeKeys.add(key);
  program.edges.push({ from, to, site, kind });
  return true;
}

/** Whether this is the first time that something is linked. */
export function isFirst(program: Program, key: string): boolean {
  if (program.done.has(key)) return false;
  program.done.add(key);
  return true;
}

/** Notes what becomes of every promise that reaches a place. */
export function usePromises(program: Program, node: NodeId, use: PromiseUse): void {
  const detail = use.how === 'chained' ? use.site : use.how === 'returned' ? functionKey(use.fn) : '';
  if (!isFirst(program, `use ${node} ${use.how} ${detail}`)) return;
  program.flow.onThing(node, (thing) => {
    if (program.flow.things[thing]?.t !== 'promise') return;
    const known = program.uses.get(thing);
    if (!known) program.uses.set(thing, [use]);
    else if (!known.includes(use)) known.push(use);
  });
}
