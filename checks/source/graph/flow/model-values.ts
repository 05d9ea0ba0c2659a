/** Models of what the platform offers for values: promises, objects, arrays, maps, abort controllers. */
import { runCallbacks } from './callbacks.ts';
import { linkFunction } from './link-call.ts';
import { entriesOf, fieldOf, iterate, load } from './load.ts';
import { listOf, map, resultElements } from './model-arrays.ts';
import { usePromises, type Program, type Site } from './program.ts';

/** What a call of one function of the platform does. */
export type Model = (program: Program, site: Site) => void;

function promiseAll(program: Program, site: Site): void {
  const { flow } = program;
  flow.add(site.result, { t: 'promise', site: site.id });
  const [list] = site.args;
  if (list === undefined) return;
  const elements = flow.node();
  iterate(program, list, elements);
  usePromises(program, elements, { how: 'chained', site: site.id });
  const settled = flow.node();
  flow.settledEdge(elements, settled);
  if (site.call.text.endsWith('race') || site.call.text.endsWith('any')) flow.edge(settled, site.result);
  else listOf(program, site, settled);
}

function newPromise(program: Program, site: Site): void {
  const { flow } = program;
  flow.add(site.result, { t: 'promise', site: site.id });
  const [executor] = site.args;
  if (executor === undefined) return;
  const resolve = flow.node();
  flow.add(resolve, { t: 'resolver', result: site.result });
  flow.onThing(executor, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'function') linkFunction(program, site, thing, [resolve], 'executor', undefined);
  });
}

const withResolvers: Model = (program, site) => {
  const { flow } = program;
  const own = { t: 'object', file: site.file, id: -site.id - 1 } as const;
  const id = flow.intern(own);
  const promise = fieldOf(program, id, 'promise');
  flow.add(promise, { t: 'promise', site: site.id });
  flow.add(fieldOf(program, id, 'resolve'), { t: 'resolver', result: promise });
  flow.add(site.result, own);
};

const pass: Model = (program, site) => {
  const [first] = site.args;
  if (first !== undefined) program.flow.edge(first, site.result);
};

const promiseOf: Model = (program, site) => {
  const { flow } = program;
  const [first] = site.args;
  flow.add(site.result, { t: 'promise', site: site.id });
  if (first === undefined) return;
  usePromises(program, first, { how: 'chained', site: site.id });
  flow.settledEdge(first, site.result);
};

const objectParts =
  (part: 'keys' | 'values' | 'entries'): Model =>
  (program, site) => {
    const { flow } = program;
    const [first] = site.args;
    if (first === undefined) return;
    const keys = flow.node();
    const values = flow.node();
    flow.onThing(first, (id) => flow.edge(flow.field(id, '@names'), keys));
    load(program, first, '*', values);
    if (part === 'keys') listOf(program, site, keys);
    else if (part === 'values') listOf(program, site, values);
    else {
      const pair = { t: 'array', file: site.file, id: site.call.id, part: 'pair' } as const;
      const id = flow.intern(pair);
      flow.edge(keys, fieldOf(program, id, '0'));
      flow.edge(values, fieldOf(program, id, '1'));
      flow.add(resultElements(program, site), pair);
    }
  };

const fromIterable: Model = (program, site) => {
  const [first, mapper] = site.args;
  if (first === undefined) return;
  const elements = program.flow.node();
  iterate(program, first, elements);
  if (mapper === undefined) listOf(program, site, elements);
  else map(program, site, mapper, elements);
};

const newMap: Model = (program, site) => {
  const { flow } = program;
  const own = { t: 'map', file: site.file, id: site.call.id } as const;
  const id = flow.intern(own);
  flow.add(site.result, own);
  entriesOf(program, id);
  const [first] = site.args;
  if (first === undefined) return;
  const pairs = flow.node();
  iterate(program, first, pairs);
  load(program, pairs, '0', flow.field(id, '@keys'));
  load(program, pairs, '1', flow.field(id, '@values'));
};

/** By name: what these do with the things they are given. */
export const VALUE_MODELS: Record<string, Model> = {
  ...Object.fromEntries(
    ['all', 'allSettled', 'race', 'any'].map((each) => [`global Promise.${each}`, promiseAll]),
  ),
  'global Promise': newPromise,
  'global Promise.withResolvers': withResolvers,
  'global Promise.resolve': promiseOf,
  'global Promise.try': (program, site) => {
    program.flow.add(site.result, { t: 'promise', site: site.id });
    runCallbacks(program, site, 'then');
  },
  'node:util promisify': pass,
  'global Object.freeze': pass,
  'global Object.assign': pass,
  'global Object.keys': objectParts('keys'),
  'global Object.values': objectParts('values'),
  'global Object.entries': objectParts('entries'),
  'global Array.from': fromIterable,
  'global Array': (program, site) => listOf(program, site, program.flow.node()),
  'global Set': fromIterable,
  'global WeakSet': fromIterable,
  'global Map': newMap,
  'global WeakMap': newMap,
  'global AbortController': (program, site) => program.flow.add(site.result, { t: 'abort', site: site.id }),
  'global AbortSignal.any': (program, site) => {
    const [first] = site.args;
    if (first !== undefined) iterate(program, first, site.result);
  },
  'global DisposableStack': (program, site) => program.flow.add(site.result, { t: 'stack', site: site.id }),
  'global AsyncDisposableStack': (program, site) =>
    program.flow.add(site.result, { t: 'stack', site: site.id }),
};
