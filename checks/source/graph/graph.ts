/**
 * The lifecycle graph: what is reached from the start, what from a shutdown, what is opened and what releases it.
 * Built once per analysis by the source stage, queried by the rules.
 */
import type { ResourceRow } from '../../../harness/resource-catalogue.ts';
import type { Location, PathStep } from '../../../harness/verdict.ts';
import type { CallValue, FunctionFact, Value } from '../facts/model.ts';
import { catalogueWith } from './flow/catalogue.ts';
import { commandRoots } from './command-roots.ts';
import { linkProgram } from './flow/link.ts';
import {
  functionKey,
  functionOf,
  type CallEdge,
  type EdgeKind,
  type FunctionRef,
  type Program,
  type ProgramFile,
  type Registration,
  type Site,
} from './flow/program.ts';
import { locate, shutdownPath } from './locate.ts';
import { activeFiles, index, loadedModules, reach, shutdownRoots } from './reach.ts';
import { collectResources } from './resources.ts';
import { stepsOf, type Step } from './steps.ts';
import { workerFiles } from './worker-entries.ts';
import type { NodeId, Thing, ThingId } from './flow/things.ts';

export { functionKey, type FunctionRef, type Registration, type Site } from './flow/program.ts';
export type { Step } from './steps.ts';

/** A resource of the catalogue that the program opens. */
export interface Resource {
  id: ThingId;
  row: ResourceRow;
  site: Site;
  /** Calls that open it when making it does not. */
  starts: Site[];
  releases: Site[];
  unref: boolean;
  handedOver: 'helper' | 'library' | undefined;
}

export interface Graph {
  program: Program;
  /** Indices of the files in which the program starts. */
  entries: number[];
  /** By the key of the function that calls. */
  edgesByCaller: ReadonlyMap<string, CallEdge[]>;
  edgesFrom(ref: FunctionRef): readonly CallEdge[];
  edgesTo(ref: FunctionRef): readonly CallEdge[];
  edgesOf(site: Site): readonly CallEdge[];
  function(ref: FunctionRef): FunctionFact;
  steps(ref: FunctionRef): readonly Step[];
  site(call: CallValue): Site | undefined;
  things(node: NodeId): Thing[];
  valueThings(value: Value, ref: FunctionRef): Thing[];
  /** Names of the members of an object or of the instances of a class of the project. */
  membersOf(thing: Thing): string[];
  locate(file: number, offset: number): Location;
  /** Where a call stands, by the name that is called. */
  locateCall(site: Site): Location;
  /** `Lifecycle.stop`, or the file's top level. */
  nameOf(ref: FunctionRef): string;
  /** Functions that run while the program starts, with the edge that reaches them. */
  start: ReadonlyMap<string, CallEdge | undefined>;
  /** Functions that run when it shuts down, with the edge that reaches them. */
  shutdown: ReadonlyMap<string, CallEdge | undefined>;
  /** Functions that run at some time. */
  live: ReadonlySet<string>;
  signals: Registration[];
  /** Roots of one program each: what an entry loads, and the commands in its file. */
  programs: readonly FunctionRef[][];
  /** What a framework for command lines runs, once in a process. */
  commands: ReadonlySet<string>;
  resources: Resource[];
  /** How a function is reached from a shutdown root, from the root on. */
  shutdownPath(ref: FunctionRef): PathStep[];
}

const STARTING: ReadonlySet<EdgeKind> = new Set<EdgeKind>([
  'call',
  'map',
  'each',
  'then',
  'executor',
  'hook',
  'listen',
]);

export function buildGraph(files: ProgramFile[], entries: number[], catalogue = catalogueWith()): Graph {
  const program = linkProgram(files, catalogue);
  const from = index(program.edges, (edge) => functionKey(edge.from));
  const to = index(program.edges, (edge) => functionKey(edge.to));
  const bySite = index(program.edges, (edge) => edge.site);
  const roots = entries.length > 0 ? [...entries] : activeFiles(program);
  const { modules, live } = reachLive(program, roots, from);
  const signals = [...program.registrations.values()].filter((each) => {
    const site = program.sites[each.site];
    return site !== undefined && live.has(functionKey(site));
  });
  const start = reach(modules, from, (edge) => STARTING.has(edge.kind));
  const shutdown = reach(shutdownRoots(program, signals), from, () => true);
  const stepCache = new Map<FunctionFact, Step[]>();
  const things = thingsByNode(program);
  const graph: Graph = {
    program,
    entries: roots,
    edgesByCaller: from,
    edgesFrom: (ref) => from.get(functionKey(ref)) ?? [],
    edgesTo: (ref) => to.get(functionKey(ref)) ?? [],
    edgesOf: (site) => bySite.get(site.id) ?? [],
    function: (ref) => functionOf(program, ref),
    steps: (ref) => {
      const fn = functionOf(program, ref);
      const known = stepCache.get(fn) ?? stepsOf(fn);
      stepCache.set(fn, known);
      return known;
    },
    site: (call) => program.siteOfCall.get(call),
    things,
    valueThings: (value, ref) => {
      const node = value.k === 'ref' ? program.bindings[ref.file]?.[value.b] : program.nodes.get(value);
      return node === undefined ? [] : things(node);
    },
    membersOf: (thing) => program.flow.fieldNames(program.flow.intern(thing)),
    locate: (file, offset) => locate(program, file, offset),
    locateCall: (site) => locate(program, site.file, site.call.at),
    nameOf: (ref) => functionOf(program, ref).name,
    start,
    shutdown,
    live,
    signals,
    programs: roots.map((file) => programRoots(program, file)),
    commands: new Set(commandRoots(program, new Set(loadedModules(program, roots))).map(functionKey)),
    resources: collectResources(program, live, from, bySite),
    shutdownPath: (ref) => shutdownPath(program, shutdown, ref),
  };
  return graph;
}

function programRoots(program: Program, entry: number): FunctionRef[] {
  const modules = loadedModules(program, [entry]).map((file): FunctionRef => ({ file, fn: 0 }));
  return [...modules, ...commandRoots(program, new Set([entry]))];
}

/** What runs some time; threads and processes that it starts are added to the roots. */
function reachLive(
  program: Program,
  roots: number[],
  from: ReadonlyMap<string, CallEdge[]>,
): { modules: FunctionRef[]; live: ReadonlySet<string> } {
  for (;;) {
    const loaded = loadedModules(program, roots);
    const modules = [
      ...loaded.map((file): FunctionRef => ({ file, fn: 0 })),
      ...commandRoots(program, new Set(loaded)),
    ];
    const live = new Set(reach(modules, from, () => true).keys());
    const more = workerFiles(program, live).filter((each) => !roots.includes(each));
    if (more.length === 0) return { modules, live };
    roots.push(...more);
  }
}

/** Nothing moves any more when the graph is made: what is at a place is listed once. */
function thingsByNode({ flow }: Program): (node: NodeId) => Thing[] {
  const known: (Thing[] | undefined)[] = [];
  return (node) => (known[node] ??= Array.from(flow.thingsAt(node), (id) => flow.things[id] as Thing));
}
