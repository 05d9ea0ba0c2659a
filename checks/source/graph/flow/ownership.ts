/** Handles that are given away: to a helper or an owner that releases them, to a borrower, to code of which nothing is known. */
import { BORROWERS, OWNERS, type Borrower } from '../../../../harness/resource-catalogue/ownership.ts';
import { fieldOf } from './load.ts';
import type { Program, Site } from './program.ts';
import type { ThingId } from './things.ts';

const BORROWER_BY_NAME = new Map<string, Borrower>(
  BORROWERS.flatMap((each) => each.by.map((name) => [name, each] as const)),
);

/** The resources among the arguments, those in object literals and lists included. */
function eachGiven(program: Program, site: Site, listener: (id: ThingId) => void): void {
  const { flow } = program;
  const note = (id: ThingId): void => {
    if (flow.things[id]?.t === 'resource') listener(id);
  };
  for (const each of site.args)
    flow.onThing(each, (id) => {
      note(id);
      if (flow.things[id]?.t === 'object') flow.onThing(fieldOf(program, id, '*'), note);
    });
}

/** Notes resources that are given to code which may own them from then on. */
export function handOver(program: Program, site: Site, to: 'helper' | 'library', library?: string): void {
  eachGiven(program, site, (id) => {
    const thing = program.flow.things[id];
    // A package that is given its own handle back uses it: `request(url, { dispatcher })`, `pino(transport)`.
    if (thing?.t === 'resource' && library !== undefined && thing.from === library) return;
    if (program.handedOver.get(id) !== 'helper') program.handedOver.set(id, to);
  });
}

/** What is given to a resource that owns its arguments is released with it. */
export function own(program: Program, site: Site, owner: ThingId): void {
  handOver(program, site, 'helper');
  eachGiven(program, site, (id) => {
    program.owned.set(id, (program.owned.get(id) ?? new Set()).add(owner));
  });
}

/** What is given to a borrower stays with whoever opened it. False when it is none. */
export function lend(program: Program, site: Site, from: string, path: string): boolean {
  const borrower = BORROWER_BY_NAME.get(path ? `${from} ${path}` : from);
  if (!borrower) return false;
  eachGiven(program, site, (id) => {
    if (!program.lent.has(id)) program.lent.set(id, { site: site.id, borrower });
  });
  return true;
}

export const isOwner = (name: string): boolean => OWNERS.includes(name);
