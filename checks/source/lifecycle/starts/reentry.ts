/** What a second signal does while the shutdown of the first one is under way. Used by signal-reentrant. */
import { isOff } from '../../facts/walk.ts';
import { comesThrough } from '../releases/asked-value.ts';
import { isExit } from '../exits/exits.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { covers, isLocalTo, placesOf, touches } from '../traces/places.ts';
import { eachStep } from '../../graph/steps.ts';
import { tracesOf, type Event, type Trace } from '../traces/trace.ts';

type Check = Event & { e: 'check' };
type Release = Event & { e: 'release' };

/** `overtakes`: the second run finds this stopped and comes to the end of the shutdown before the first one. */
export type Harm = 'throws' | 'rejects' | 'ends' | 'overtakes';

export type Rerun =
  | { how: 'safe' }
  /** A release that is not safe twice runs twice; `ends`: the process ends by it while the first run is at work. */
  | { how: 'twice'; release: Site; does: Harm }
  /** The flag is looked at before a wait and set after it. */
  | { how: 'race'; place: string; check: Check; wait: Site | undefined; set: Event & { e: 'store' } };

/** `equal`: the handler runs again for the same signal; otherwise only another signal can run the same shutdown. */
export function rerunOf(graph: Graph, handler: FunctionRef, equal: boolean): Rerun {
  const [trace] = tracesOf(graph, handler);
  const events = trace?.events ?? [];
  if (removesListeners(graph, events) || endsInOneTick(graph, events)) return { how: 'safe' };
  const caught = caughtAt(graph, events);
  let taken: Site | undefined;
  for (const [index, event] of events.entries()) {
    if (event.e !== 'release') continue;
    const guard = guardOf(graph, events, index, event);
    if (guard === 'guarded') continue;
    if (guard === 'taken') {
      if (hasMore(events, index, event) && comesToAnEnd(graph, trace, index)) taken ??= event.site;
      continue;
    }
    if (guard) return guard;
    const does = secondRun(graph, events, index, event, caught);
    if (does && (equal || does !== 'ends')) return { how: 'twice', release: event.site, does };
  }
  return taken && equal ? { how: 'twice', release: taken, does: 'overtakes' } : { how: 'safe' };
}

/** What protects a release from running twice: a check that is made and answered before anything is waited for. */
function guardOf(
  graph: Graph,
  events: readonly Event[],
  index: number,
  release: Release,
): 'guarded' | 'taken' | (Rerun & { how: 'race' }) | undefined {
  let race: (Rerun & { how: 'race' }) | undefined;
  for (const [at, event] of events.entries()) {
    if (at >= index) break;
    if (event.e !== 'check' || !(release.under.has(event.id) || endsProcess(graph, events, at, event)))
      continue;
    if (asksTheResource(graph, event, release)) return 'taken';
    const set = events.findIndex(
      (each, later) =>
        later > at &&
        each.e === 'store' &&
        each.place !== undefined &&
        looksAt(event, each.place) &&
        !(comesThrough(graph, event, release, each) ?? !isSetting(each)),
    );
    const store = events[set];
    if (store?.e !== 'store' || store.place === undefined) continue;
    const wait = events.slice(at, set).find((each) => each.e === 'wait');
    if (wait?.e !== 'wait') return 'guarded';
    race ??= {
      how: 'race',
      place: placesOf(graph).text(store.place),
      check: event,
      wait: siteAt(graph, wait),
      set: store,
    };
  }
  return isForgotten(graph, events, index, release) ? 'taken' : race;
}

const looksAt = (check: Check, place: string): boolean =>
  [...check.places].some((each) => touches(each, place));

/** `x ??= f()` and every value but the one that says that nothing has begun. */
const isSetting = (store: Event & { e: 'store' }): boolean => !store.plain || !isOff(store.value);

function siteAt(graph: Graph, wait: Event & { e: 'wait' }): Site | undefined {
  return wait.value.k === 'call' ? graph.site(wait.value) : undefined;
}

/** The branch of the check ends the process: so it decides on all that follows. */
function endsProcess(graph: Graph, events: readonly Event[], at: number, check: Check): boolean {
  return events.slice(at, endOf(events, at, check)).some((each) => isExitStep(graph, each));
}

function isExitStep(graph: Graph, event: Event): boolean {
  if (event.e !== 'step' || event.step.s !== 'call') return false;
  const site = graph.site(event.step.call);
  return site !== undefined && isExit(graph, site);
}

const baseOf = (graph: Graph, release: Release): string | undefined => {
  const { f } = release.site.call;
  return f.k === 'member' ? placesOf(graph).of(f.o, release.site) : undefined;
};

/** `if (db.isOpen) db.close()`: the resource itself is asked. */
function asksTheResource(graph: Graph, check: Check, release: Release): boolean {
  const base = baseOf(graph, release);
  return base !== undefined && [...check.places].some((each) => each !== base && covers(base, each));
}

/** The handle is taken out of its place, with no wait between that and the release: the second run finds nothing. */
function isForgotten(graph: Graph, events: readonly Event[], index: number, release: Release): boolean {
  const base = baseOf(graph, release);
  if (base === undefined) return false;
  return events.some((each, at) => {
    if (each.e !== 'store' || each.place === undefined || !touches(each.place, base) || !isOff(each.value))
      return false;
    if (at < index) return true;
    return !events.slice(index, at).some((between) => between.e === 'wait');
  });
}

/** What the second run of a release does to the process, when nothing keeps it from running. */
function secondRun(
  graph: Graph,
  events: readonly Event[],
  index: number,
  release: Release,
  caught: ReadonlySet<number>,
): Harm | undefined {
  const { row } = release.resource;
  const thing = graph.program.releases.find(
    (each) => each.site === release.site.id && each.resource === release.resource.id,
  );
  const answers = row.secondRelease !== 'safe' && !(thing?.sync && row.secondRelease === 'rejects');
  const loses = answers && !caught.has(index);
  if (loses && row.secondRelease !== 'safe') return row.secondRelease;
  // A second close of a server calls back at once, while the first one still waits for its connections.
  const atOnce = row.releaseReturns === 'callback' && row.waitsWithoutLimit;
  // Where it is the only thing that the shutdown waits for, the second signal does no more than force the exit.
  if (!answers && !(atOnce && hasMore(events, index, release))) return undefined;
  const inCallback = graph.edgesOf(release.site).some(
    (each) =>
      each.kind === 'after' &&
      lifecycleOf(graph)
        .sitesIn(each.to)
        .some((site) => isExit(graph, site)),
  );
  const after = events.slice(index + 1).some((each) => isExitStep(graph, each));
  return inCallback || after ? 'ends' : undefined;
}

/** What follows ends the process, or settles a promise of the program that says that the shutdown is over. */
function comesToAnEnd(graph: Graph, trace: Trace | undefined, index: number): boolean {
  return (trace?.events ?? []).slice(index + 1).some((event) => {
    if (event.e !== 'step' || event.step.s !== 'call') return false;
    const { f } = event.step.call;
    const site = graph.site(event.step.call);
    if (!site || isExit(graph, site)) return site !== undefined;
    if (f.k !== 'member' || !graph.things(site.callee).some((each) => each.t === 'resolver')) return false;
    const place = placesOf(graph).of(f.o, event.ref);
    return place !== undefined && !isLocalTo(graph, place, trace?.functions ?? new Set());
  });
}

/** The shutdown releases or waits for something besides this release. */
function hasMore(events: readonly Event[], index: number, release: Release): boolean {
  const waits = events.filter((each) => each.e === 'wait').length;
  return (
    waits > 1 || events.some((each, at) => each.e === 'release' && at !== index && each.site !== release.site)
  );
}

/** Positions of releases whose failure goes no further: inside a guard that swallows, or under allSettled. */
function caughtAt(graph: Graph, events: readonly Event[]): Set<number> {
  const open = new Set<number>();
  const settled = new Set<string>();
  const sites = new Set<number>();
  const found = new Set<number>();
  events.forEach((event, index) => {
    if (event.e === 'try') open.add(event.id);
    else if (event.e === 'tried') open.delete(event.id);
    else if (event.e === 'step' && event.step.s === 'group' && event.step.how === 'allSettled')
      for (const step of eachStep(event.step.items)) {
        const site = step.s === 'call' ? graph.site(step.call) : undefined;
        if (!site) continue;
        sites.add(site.id);
        for (const edge of graph.edgesOf(site)) settled.add(functionKey(edge.to));
      }
    else if (event.e === 'release') {
      const own = sites.has(event.site.id) || settled.has(functionKey(event.site));
      if (open.size > 0 || own) found.add(index);
    }
  });
  return found;
}

/** The handler takes itself away before it waits for anything. */
function removesListeners(graph: Graph, events: readonly Event[]): boolean {
  const first = events.findIndex((each) => each.e === 'wait');
  return events.slice(0, first < 0 ? events.length : first).some((event) => {
    const site = event.e === 'step' && event.step.s === 'call' ? graph.site(event.step.call) : undefined;
    return (
      site !== undefined &&
      graph
        .things(site.callee)
        .some(
          (each) =>
            each.t === 'external' &&
            each.from === 'global' &&
            /^process\.(off|removeListener|removeAllListeners)$/.test(each.path),
        )
    );
  });
}

/** The process ends before another signal can come in. */
function endsInOneTick(graph: Graph, events: readonly Event[]): boolean {
  const exit = events.findIndex((each) => isExitStep(graph, each));
  if (exit < 0) return false;
  const before = events.slice(0, exit);
  const conditional = before.some((each, at) => each.e === 'check' && endOf(events, at, each) > exit);
  return !conditional && !before.some((each) => each.e === 'wait');
}

function endOf(events: readonly Event[], at: number, check: Check): number {
  const end = events.findIndex((each, later) => later > at && each.e === 'end' && each.id === check.id);
  return end < 0 ? events.length : end;
}
