/** Array and set methods, as far as they carry things and call functions. */
import { fieldOf, iterate } from './load.ts';
import { linkFunction } from './link-call.ts';
import { returnNode, usePromises, type FunctionRef, type Program, type Site } from './program.ts';
import type { NodeId, ThingId } from './things.ts';

const SAME = new Set([
  'filter',
  'slice',
  'splice',
  'reverse',
  'toReversed',
  'sort',
  'toSorted',
  'values',
  'concat',
  'flat',
  'with',
  'toSpliced',
]);
const ELEMENT = new Set(['find', 'findLast', 'at', 'pop', 'shift']);
const RUNS = new Set([
  'filter',
  'find',
  'findLast',
  'some',
  'every',
  'forEach',
  'sort',
  'toSorted',
  'findIndex',
]);

export function callArrayMethod(program: Program, site: Site, array: ThingId, name: string): void {
  const { flow } = program;
  const elements = fieldOf(program, array, '*');
  const [first] = site.args;
  if (['push', 'unshift', 'add', 'fill'].includes(name)) {
    for (const each of site.args) flow.edge(each, fieldOf(program, array, 'rest'));
    flow.onThing(site.callee, () => undefined);
  }
  if (name === 'add') flow.add(site.result, flow.things[array] ?? { t: 'text', text: '' });
  if (SAME.has(name)) listOf(program, site, elements);
  if (name === 'concat') for (const each of site.args) iterate(program, each, resultElements(program, site));
  if (ELEMENT.has(name)) flow.edge(elements, site.result);
  if (name === 'entries') pairsOf(program, site, elements);
  if (first === undefined) return;
  if (RUNS.has(name)) {
    const all = givenElements(program, site, elements);
    eachFunction(program, first, (fn) => linkFunction(program, site, fn, [all], 'each', undefined));
  }
  if (name === 'map' || name === 'flatMap') map(program, site, first, elements);
  if (name === 'reduce' || name === 'reduceRight') reduce(program, site, first, elements);
}

/** What a call hands to its callback: the elements of all lists that it is made on, since a callback is linked once. */
export function givenElements(program: Program, site: Site, elements: NodeId): NodeId {
  const { flow } = program;
  const all = flow.field(flow.intern({ t: 'array', file: site.file, id: site.call.id, part: 'given' }), '*');
  flow.edge(elements, all);
  return all;
}

function eachFunction(program: Program, node: NodeId, listener: (fn: FunctionRef) => void): void {
  program.flow.onThing(node, (id) => {
    const thing = program.flow.things[id];
    if (thing?.t === 'function') listener(thing);
  });
}

/** The elements of the array that a call makes. */
export function resultElements(program: Program, site: Site): NodeId {
  const { flow } = program;
  const array = flow.intern({ t: 'array', file: site.file, id: site.call.id, part: 'result' });
  flow.add(site.result, { t: 'array', file: site.file, id: site.call.id, part: 'result' });
  return fieldOf(program, array, 'rest');
}

export function listOf(program: Program, site: Site, elements: NodeId): void {
  program.flow.edge(elements, resultElements(program, site));
}

/** `array.entries()`: pairs of position and element. */
function pairsOf(program: Program, site: Site, elements: NodeId): void {
  const { flow } = program;
  const pair = flow.intern({ t: 'array', file: site.file, id: site.call.id, part: 'pair' });
  flow.edge(elements, fieldOf(program, pair, '1'));
  flow.add(resultElements(program, site), { t: 'array', file: site.file, id: site.call.id, part: 'pair' });
}

/** `map` over a callback: what it returns becomes the elements; its promises stay to be awaited in the result. */
export function map(program: Program, site: Site, callback: NodeId, elements: NodeId): void {
  const { flow } = program;
  const to = resultElements(program, site);
  const all = givenElements(program, site, elements);
  eachFunction(program, callback, (fn) => {
    linkFunction(program, site, fn, [all], 'map', undefined);
    const returned = returnNode(program, fn);
    flow.settledEdge(returned, to);
    if (program.files[fn.file]?.facts.functions[fn.fn]?.isAsync)
      flow.add(to, { t: 'promise', site: site.id });
    flow.onThing(returned, (id) => {
      if (flow.things[id]?.t === 'promise') flow.add(to, { t: 'promise', site: site.id });
    });
  });
}

function reduce(program: Program, site: Site, callback: NodeId, elements: NodeId): void {
  const { flow } = program;
  const [, initial] = site.args;
  const sum = flow.node();
  if (initial !== undefined) flow.edge(initial, sum);
  const all = givenElements(program, site, elements);
  eachFunction(program, callback, (fn) => {
    linkFunction(program, site, fn, [sum, all], 'call', sum);
    usePromises(program, returnNode(program, fn), { how: 'handed' });
  });
  flow.edge(sum, site.result);
}
