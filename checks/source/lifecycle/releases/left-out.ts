/** Closes that leave some of the exchanges out: those that are not named, or that a loop passes over. Used by exchange-closed. */
import { eachStatement, eachValueIn } from '../../facts/walk.ts';
import type { Statement, Value } from '../../facts/model.ts';
import { classAround } from '../../graph/flow/classes.ts';
import type { ExchangeCloses } from './closing.ts';
import { functionKey, type FunctionRef, type Graph, type Site } from '../../graph/graph.ts';
import { CHANGES } from '../exits/list-changes.ts';
import type { Thing, ThingId } from '../../graph/flow/things.ts';
import type { TypeOracle } from '../../types/oracle.ts';

export interface LeftOut {
  site: Site;
  /** Which ones, in words. */
  which: string;
}

/** The close of what a map holds under keys that are known. */
interface Pick {
  site: Site;
  map: ThingId;
  keys: string[];
  /** One close of one exchange, which is the concern of `takesOne`. */
  isOne: boolean;
}

type Loop = Statement & { s: 'loop' };

/** The closes of the shutdown that reach some of the exchanges only. */
export function leftOut(graph: Graph, types: TypeOracle, closes: ExchangeCloses): LeftOut[] {
  const sites = graph.program.sites.filter(
    (each) => graph.shutdown.has(functionKey(each)) && closes.any(each) && closes.only(each),
  );
  const picks = sites.flatMap((each) => pickOf(graph, each, closes) ?? []);
  return [
    ...notNamed(graph, types, sites, picks),
    ...sites.flatMap((each) => {
      const found = passedOver(graph, each);
      return found && !sites.some((other) => other !== each && isSame(graph, each, other)) ? [found] : [];
    }),
  ];
}

/** `map.get('luno').close()`, when the map holds more than all these closes name. */
function notNamed(
  graph: Graph,
  types: TypeOracle,
  sites: readonly Site[],
  picks: readonly Pick[],
): LeftOut[] {
  return [...new Set(picks.map((each) => each.map))].flatMap((map): LeftOut[] => {
    const own = picks.filter((each) => each.map === map);
    const [first] = own;
    const others = sites.filter((each) => !own.some((pick) => pick.site === each));
    if (!first || own.every((each) => each.isOne) || others.some((each) => isFrom(graph, each, map)))
      return [];
    const named = new Set(own.flatMap((each) => each.keys));
    const missing = keysSet(graph, types, map)?.filter((each) => !named.has(each)) ?? [];
    return missing.length === 0 ? [] : [{ site: first.site, which: missing.join(', ') }];
  });
}

/** Another close of what the first one is called on: what that passes over may be closed by this. */
function isSame(graph: Graph, a: Site, b: Site): boolean {
  const on = ({ call: { f }, ...site }: Site): Thing[] =>
    f.k === 'member' ? graph.valueThings(f.o, site) : [];
  const others = on(b);
  return on(a).some((each) => others.includes(each));
}

/** What is called is a method of something that the map holds. */
function isFrom(graph: Graph, site: Site, map: ThingId): boolean {
  const { flow } = graph.program;
  const held = flow.thingsAt(flow.field(map, '@values'));
  const { f } = site.call;
  return f.k === 'member' && graph.valueThings(f.o, site).some((each) => held.has(flow.intern(each)));
}

function pickOf(graph: Graph, site: Site, closes: ExchangeCloses): Pick | undefined {
  const { f } = site.call;
  if (f.k !== 'member') return undefined;
  const value = f.o.k === 'ref' ? letOf(graph, site, f.o.b) : f.o;
  if (value?.k !== 'call' || value.f.k !== 'member' || value.f.p !== 'get') return undefined;
  const [map, ...more] = graph.valueThings(value.f.o, site).filter((each) => each.t === 'map');
  const keys = value.a[0] && keysOf(graph, site, value.a[0]);
  if (!map || more.length > 0 || !keys) return undefined;
  const isOne = closes.direct(site) && value.a[0]?.k === 'text';
  return { site, map: graph.program.flow.intern(map), keys, isOne };
}

/** The keys under which something is put into the map; `undefined` when neither the code nor its types name them. */
function keysSet(graph: Graph, types: TypeOracle, map: ThingId): string[] | undefined {
  const { flow, sites } = graph.program;
  const keys = sites.flatMap((site): (string[] | undefined)[] => {
    const { f, a } = site.call;
    if (f.k !== 'member' || f.p !== 'set' || !a[0]) return [];
    if (!graph.valueThings(f.o, site).some((each) => flow.intern(each) === map)) return [];
    const file = graph.program.files[site.file]?.path ?? '';
    const { start, end } = site.call;
    return [keysOf(graph, site, a[0]) ?? types.firstTexts({ file, start, end })];
  });
  if (keys.length === 0 || keys.includes(undefined)) return undefined;
  return [...new Set(keys.flatMap((each) => each ?? []))];
}

/** The texts that a key can be: one that is written out, or each of a list in the turns of a loop. */
function keysOf(graph: Graph, ref: FunctionRef, key: Value): string[] | undefined {
  if (key.k === 'text') return [key.t];
  if (key.k !== 'ref') return undefined;
  const item = letOf(graph, ref, key.b);
  const loop = loopsOf(graph, ref).find((each) => item?.k === 'ref' && each.of?.b === item.b);
  const lists = loop?.of ? graph.valueThings(loop.of.v, ref) : [];
  const texts = lists.flatMap((each) => textsIn(graph, each));
  return texts.length === 0 || texts.includes(undefined) ? undefined : texts.flatMap((each) => each ?? []);
}

/** The items of a list that is written out; `undefined` for what is no such list, and for an item that is no text. */
function textsIn(graph: Graph, list: Thing): (string | undefined)[] {
  if (list.t !== 'array' || list.part !== '' || isChanged(graph, list)) return [undefined];
  for (const fn of graph.program.files[list.file]?.facts.functions ?? [])
    for (const each of eachValueIn(fn.body))
      if (each.k === 'array' && each.id === list.id)
        return each.items.map((item) => (item.k === 'text' ? item.t : undefined));
  return [undefined];
}

/** Something is added to the list, or taken from it, after it was written out. */
const isChanged = (graph: Graph, list: Thing): boolean =>
  graph.program.sites.some((site) => {
    const { f } = site.call;
    return f.k === 'member' && CHANGES.has(f.p) && graph.valueThings(f.o, site).includes(list);
  });

/** `if (id === 'kucoin') continue;`, or a close under `if (id !== 'kucoin')`: the loop that goes over all leaves one out. */
function passedOver(graph: Graph, site: Site): LeftOut | undefined {
  for (const { of, body } of loopsOf(graph, site)) {
    if (!of || !holdsCall(body, site) || !closesAll(graph, site)) continue;
    const turn = new Set(unconditional(body));
    for (const each of eachStatement(body)) {
      if (each.s !== 'if' || each.c.k !== 'operands' || !/^[!=]==?$/.test(each.c.op ?? '')) continue;
      const [key, text] = [...each.c.vs].sort((a, b) => Number(a.k === 'text') - Number(b.k === 'text'));
      if (!key || text?.k !== 'text' || !isKey(key, keysIn(body, of.b))) continue;
      const [equal, other] = each.c.op?.startsWith('!') ? [each.else, each.then] : [each.then, each.else];
      const left = equal.some((inner) => inner.s === 'jump' || inner.s === 'return');
      const skips = left && turn.has(each) && each.at < site.call.start;
      if (!holdsCall(equal, site) && (skips || holdsCall(other, site))) return { site, which: text.t };
    }
  }
  return undefined;
}

/** Everything that the item can be is closed by the call: none has nothing to close. */
function closesAll(graph: Graph, site: Site): boolean {
  const { f } = site.call;
  const things = f.k === 'member' ? graph.valueThings(f.o, site).filter((each) => each.t !== 'promise') : [];
  return things.every(
    (thing) =>
      (thing.t === 'resource' && thing.row.kind === 'exchange') ||
      (thing.t === 'instance' &&
        graph
          .edgesOf(site)
          .some(({ to }) => to.file === thing.file && classAround(graph.program, to)?.id === thing.cls)),
  );
}

/** The statements that every turn comes to, as long as it is not left before. */
const unconditional = (statements: readonly Statement[]): Statement[] =>
  statements.flatMap((each) =>
    each.s === 'block' || each.s === 'try' ? [each, ...unconditional(each.body)] : [each],
  );

interface Keys {
  /** Variables that hold the key: of a list of keys, of pairs, of the item's own name. */
  own: ReadonlySet<number>;
  /** Variables that hold the item. */
  items: ReadonlySet<number>;
}

function keysIn(body: readonly Statement[], b: number): Keys {
  const items = new Set([b]);
  const own = new Set([b]);
  for (const each of body) {
    if (each.s !== 'let') continue;
    const isMember = each.v.k === 'member' && each.v.o.k === 'ref' && items.has(each.v.o.b);
    if (each.v.k === 'ref' && items.has(each.v.b)) {
      items.add(each.b);
      own.add(each.b);
    } else if (each.v.k === 'member' && isMember && each.v.p === '1') items.add(each.b);
    else if (each.v.k === 'member' && isMember && (each.v.p === '0' || isName(each.v.p))) own.add(each.b);
  }
  return { own, items };
}

const isName = (name: string): boolean => /^(id|name|key)$/i.test(name);

/** What the loop goes by: the key, or the name of the item; a state that is asked for is none. */
const isKey = (value: Value, { own, items }: Keys): boolean =>
  value.k === 'ref'
    ? own.has(value.b)
    : value.k === 'member' && isName(value.p) && value.o.k === 'ref' && items.has(value.o.b);

const holdsCall = (statements: readonly Statement[], site: Site): boolean =>
  [...eachValueIn(statements)].some((each) => each === site.call);

const loopsOf = (graph: Graph, ref: FunctionRef): Loop[] =>
  [...eachStatement(graph.function(ref).body)].filter((each) => each.s === 'loop');

/** What a variable of the function is declared with. */
function letOf(graph: Graph, ref: FunctionRef, b: number): Value | undefined {
  const found = [...eachStatement(graph.function(ref).body)].find((each) => each.s === 'let' && each.b === b);
  return found?.s === 'let' ? found.v : undefined;
}
