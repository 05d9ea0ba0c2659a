/** The deadlines of a shutdown: timers that end it by force, races against a timer, limits of helper libraries. Asked by shutdown-deadline and deadline-within-unit. */
import type { Value } from '../../facts/model.ts';
import { eachValueIn } from '../../facts/walk.ts';
import type { EdgeKind } from '../../graph/flow/program.ts';
import type { ThingId } from '../../graph/flow/things.ts';
import { functionKey, type FunctionRef, type Graph, type Resource, type Site } from '../../graph/graph.ts';
import { isExit } from '../exits/exits.ts';
import { lifecycleOf, transitive } from '../lifecycle.ts';
import { helperLimit } from './helper-limits.ts';
import { isCall, orderOf, type CallMoment, type Moment } from './moment.ts';
import { isPromiseTimer, isTimer, racesOf, TIMEOUT_PACKAGES } from './races.ts';
import type { ShutdownRoot } from './roots.ts';

export interface Deadline {
  /** The timer, the race, or the registration of a helper. */
  site: Site;
  how: 'exit' | 'force' | 'race' | 'helper';
  /** How long it is; absent where nothing says it. */
  limit?: { value: Value; ref: FunctionRef } | { ms: number };
  /** Only of this resource: its connections are cut. */
  only?: Resource | undefined;
  moment?: Moment | undefined;
}

/** Calls that cut off what a release would wait for. */
const CUTS: ReadonlySet<string> = new Set(['closeAllConnections', 'terminate', 'destroy', 'forceShutdown']);
const RUNS: ReadonlySet<EdgeKind> = new Set<EdgeKind>(['call', 'map', 'each', 'then', 'executor', 'after']);

/** What ends the shutdown of a root after some time, whatever it waits for. */
export function deadlinesOf(graph: Graph, root: ShutdownRoot): Deadline[] {
  const limit =
    root.registration.helper === undefined ? undefined : helperLimit(root.registration.helper, root.site);
  const own: Deadline[] = limit === undefined ? [] : [{ site: root.site, how: 'helper', ...limit }];
  return [...own, ...root.moments.filter(isCall).flatMap((each) => timerAt(graph, each))];
}

function timerAt(graph: Graph, moment: CallMoment): Deadline[] {
  const { site } = moment;
  if (!isTimer(graph, site)) return [];
  const [, delay] = site.call.a;
  const base = { site, moment, ...(delay ? { limit: { value: delay, ref: site } } : {}) };
  if (endsProcess(graph, site)) return [{ ...base, how: 'exit' }];
  return cutBy(graph, site).map((only) => ({ ...base, how: 'force', only }));
}

/** The callback of the timer ends the process. */
function endsProcess(graph: Graph, timer: Site): boolean {
  const [callback] = timer.args;
  const isItself = (callback === undefined ? [] : graph.things(callback)).some(
    (each) => each.t === 'external' && each.from === 'global' && /^process\.(exit|abort)$/.test(each.path),
  );
  const { exits, sitesIn } = lifecycleOf(graph);
  return isItself || graph.edgesOf(timer).some((edge) => sitesIn(edge.to).some(exits));
}

/** Resources whose connections the callback of the timer cuts. */
function cutBy(graph: Graph, timer: Site): Resource[] {
  const { sitesIn } = lifecycleOf(graph);
  return graph.resources.filter((resource) => {
    const cuts = cutterOf(graph, resource.id);
    return graph.edgesOf(timer).some((edge) => sitesIn(edge.to).some(cuts));
  });
}

type SiteTest = (site: Site) => boolean;

const cutters = new WeakMap<Graph, { sites: Site[]; byResource: Map<ThingId, SiteTest> }>();

/** Whether a call cuts a resource's connections, itself or by what it calls; found once for each resource. */
function cutterOf(graph: Graph, resource: ThingId): SiteTest {
  const known = cutters.get(graph) ?? {
    sites: graph.program.sites.filter(cutsSomething),
    byResource: new Map<ThingId, SiteTest>(),
  };
  cutters.set(graph, known);
  let found = known.byResource.get(resource);
  if (found === undefined) {
    const direct = new Set(known.sites.filter((site) => isOn(graph, site, resource)));
    found = direct.size === 0 ? () => false : transitive(graph, (site) => direct.has(site), RUNS);
    known.byResource.set(resource, found);
  }
  return found;
}

const cutsSomething = ({ call }: Site): boolean => call.f.k === 'member' && CUTS.has(call.f.p);

const isCut = (graph: Graph, site: Site, resource: ThingId): boolean =>
  cutsSomething(site) && isOn(graph, site, resource);

const isOn = (graph: Graph, site: Site, resource: ThingId): boolean =>
  site.base !== undefined && graph.program.flow.thingsAt(site.base).has(resource);

/** What bounds a wait for a release; nothing when it may last for ever. */
export function boundOf(
  graph: Graph,
  moments: readonly Moment[],
  deadlines: readonly Deadline[],
  wait: CallMoment,
  resource: Resource,
): 'bound' | Deadline | undefined {
  const fitting = deadlines.filter((each) => each.only === undefined || each.only.id === resource.id);
  const inTime = fitting.find(
    (each) => each.moment === undefined || !['after', 'apart'].includes(orderOf(moments, each.moment, wait)),
  );
  if (inTime) return inTime;
  const race = racesOf(graph, moments, wait)[0];
  if (race) return race;
  return isCutOff(graph, moments, wait, resource) || isHanded(graph, wait) ? 'bound' : undefined;
}

/** The exit does not wait for it, or its connections are cut by the shutdown itself. */
export function isCutOff(
  graph: Graph,
  moments: readonly Moment[],
  wait: CallMoment,
  resource: Resource,
): boolean {
  const [force] = wait.site.call.a;
  if (force?.k === 'constant' && force.text === 'true') return true;
  if (hasOption(resource.site, 'forceCloseConnections')) return true;
  if (endsClients(graph, moments, resource)) return true;
  return moments.filter(isCall).some((each) => {
    const isEnd = isExit(graph, each.site) || isCut(graph, each.site, resource.id);
    return isEnd && ['overlaps', 'together', 'after', 'overlapped'].includes(orderOf(moments, wait, each));
  });
}

const hasOption = (site: Site, name: string): boolean =>
  site.call.a.some(
    (each) =>
      each.k === 'object' &&
      each.props.some(([key, value]) => key === name && !(value.k === 'constant' && value.text === 'false')),
  );

/** `for (const each of wss.clients) each.terminate()`, somewhere in what the shutdown runs. */
export function endsClients(graph: Graph, moments: readonly Moment[], resource: Resource): boolean {
  const seen = new Set<string>();
  const thing = graph.program.flow.things[resource.id];
  return moments.some(({ ref }) => {
    if (seen.has(functionKey(ref))) return false;
    seen.add(functionKey(ref));
    return [...eachValueIn(graph.function(ref).body)].some(
      (each) =>
        each.k === 'member' &&
        each.p === 'clients' &&
        thing !== undefined &&
        graph.valueThings(each.o, ref).includes(thing),
    );
  });
}

/** `await pTimeout(server.close(), { milliseconds: 5000 })`. */
function isHanded(graph: Graph, wait: CallMoment): boolean {
  const calls = new Set([wait.site.id, ...wait.chain.map((each) => each.id)]);
  return graph.program.sites.some(
    (site) =>
      graph
        .things(site.callee)
        .some((each) => each.t === 'external' && (TIMEOUT_PACKAGES.has(each.from) || isPromiseTimer(each))) &&
      site.args.some((node) =>
        graph.things(node).some((each) => each.t === 'promise' && calls.has(each.site)),
      ),
  );
}
