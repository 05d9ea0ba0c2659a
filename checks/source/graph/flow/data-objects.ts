/**
 * Object literals that hold nothing but data are most of what moves through a program, and nothing that a rule asks
 * about: they are carried only once something comes into them. Used by the evaluator and the linker.
 */
import { isListMethod } from './load.ts';
import type { Program } from './program.ts';
import type { NodeId, Thing, ThingId } from './things.ts';

/** Whether an object or a list holds something that is no data, and who waits for that. */
export interface Content {
  isThere: boolean;
  waiting: (() => void)[];
}

/** Carries a literal from where it stands, at once when its names say something, else when a member holds something. */
export function carryWhenFilled(
  program: Program,
  node: NodeId,
  own: Thing,
  saysSomething: boolean,
): () => void {
  const { flow, unfilled } = program;
  const carry = (): void => {
    unfilled.delete(node);
    flow.add(node, own);
  };
  unfilled.set(node, own);
  if (saysSomething) carry();
  else whenFilled(program, flow.intern(own), carry);
  return carry;
}

function whenFilled(program: Program, id: ThingId, listener: () => void): void {
  const content = program.contents.get(id) ?? watch(program, id);
  if (content.isThere) listener();
  else content.waiting.push(listener);
}

/** Once for each list, however many hold it: lists of lists of lists would be asked about along each way else. */
function watch(program: Program, id: ThingId): Content {
  const { flow } = program;
  const content: Content = { isThere: false, waiting: [] };
  program.contents.set(id, content);
  const fill = (): void => {
    if (content.isThere) return;
    content.isThere = true;
    for (const each of content.waiting.splice(0)) each();
  };
  flow.onThing(flow.field(id, '*'), (member) => {
    if (content.isThere) return;
    const thing = flow.things[member];
    if (thing?.t === 'array') whenFilled(program, member, fill);
    else if (!isData(thing)) fill();
  });
  return content;
}

/** What the platform gives and the catalogue has nothing to say about: dates, ids, texts. */
export const isData = (thing: Thing | undefined): boolean =>
  thing?.t === 'external' &&
  thing.path === '…' &&
  (thing.from === 'global' || thing.from.startsWith('node:'));

/** More rounds than a program has literals within literals that are filled from outside. */
const ROUNDS = 12;

/**
 * Something may be written into a literal where it arrives (`state.timer = setInterval(...)`, `state.jobs.push(job)`,
 * a flag), and a timer's delay may stand in it. Those that can arrive at such a place are carried after all; false when
 * a limit of the flow was reached.
 */
export function carryWritten(program: Program): boolean {
  const { flow, unfilled } = program;
  for (let round = 0; round < ROUNDS && unfilled.size > 0; round += 1) {
    const isSource = sourcesOf(program, askedPlaces(program));
    const found = [...unfilled].filter(([node]) => isSource(node));
    if (found.length === 0) return true;
    for (const [node, own] of found) {
      unfilled.delete(node);
      flow.add(node, own);
    }
    if (!flow.settle()) return false;
  }
  return true;
}

const TIMER = /(^|\.)(setTimeout|setInterval|timeout)$/;

/** Where a flag or something other than data is stored in a member, methods of a list or a map are given something for, and timers are given. */
function askedPlaces(program: Program): NodeId[] {
  const { flow } = program;
  const holds = (node: NodeId): boolean => [...flow.thingsAt(node)].some((id) => !isData(flow.things[id]));
  const stores = program.stores.filter(({ isFlag, value }) => isFlag || holds(value));
  const places = stores.map((each) => each.target);
  for (const { call, base, args } of program.sites) {
    if (base !== undefined && call.f.k === 'member' && isListMethod(call.f.p) && args.some(holds))
      places.push(base);
    if (TIMER.test(call.text)) places.push(...args);
  }
  return places;
}

/** The places themselves and all from which something can come to them, members of what is there included. */
function sourcesOf({ flow, loads }: Program, places: readonly NodeId[]): (node: NodeId) => boolean {
  const into = flow.incoming(loads);
  const found = new Uint8Array(into.first.length);
  const queue = [...places];
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    if (found[at] === 1) continue;
    found[at] = 1;
    const end = into.first[at + 1] ?? 0;
    for (let index = into.first[at] ?? 0; index < end; index += 1) queue.push(into.from[index] ?? at);
  }
  return (node) => found[node] === 1;
}
