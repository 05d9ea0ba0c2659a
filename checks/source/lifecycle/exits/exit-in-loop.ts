/** An exit in the loop that stops one after the other, before the last one. Used by exits. */
import { contains, eachStatement, eachValueIn, mentions, statementValues } from '../../facts/walk.ts';
import type { Statement, Value } from '../../facts/model.ts';
import { classAround } from '../../graph/flow/classes.ts';
import type { FunctionRef, Graph, Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';
import { loopAround } from './list-changes.ts';
import { orderOf } from './list-order.ts';

/** What an exit depends on inside the turn of a loop: nothing, or that the item is the one of this name. */
type Condition = 'none' | { name: string; is: string };

/** The release that the exit keeps from being called for the items that come later; `undefined` when that is not certain. */
export function skippedInLoop(graph: Graph, ref: FunctionRef, exit: Site): Site | undefined {
  const loop = loopAround(graph, ref, exit.call);
  if (!loop?.of) return undefined;
  const items = new Set([loop.of.b]);
  for (const each of loop.body) if (each.s === 'let' && mentions(each.v, items)) items.add(each.b);
  // A turn that is left early may be every turn but the last.
  if ([...eachStatement(loop.body)].some((each) => each.s === 'jump' || each.s === 'return'))
    return undefined;
  const inside = new Set(eachValueIn(loop.body));
  const release = lifecycleOf(graph)
    .sitesIn(ref)
    .find((each) => {
      const { f } = each.call;
      const ofItem = f.k === 'member' && mentions(f.o, items);
      return ofItem && inside.has(each.call) && lifecycleOf(graph).releases(each);
    });
  const condition = release && conditionOf(loop.body, exit.call, items);
  if (!release || !condition) return undefined;
  return condition === 'none' || hasLater(graph, ref, loop.of.v, condition, release) ? release : undefined;
}

/** What leads to the call inside the statements; `undefined` for anything but blocks, a try and one such condition. */
function conditionOf(
  statements: readonly Statement[],
  call: Value,
  items: ReadonlySet<number>,
): Condition | undefined {
  for (const each of statements) {
    if (!holds([each], call)) continue;
    if (each.s === 'do') return each.v === call || isAwaited(each.v, call) ? 'none' : undefined;
    if (each.s === 'block') return conditionOf(each.body, call, items);
    if (each.s === 'try') {
      const body = [each.body, each.finally ?? []].find((inner) => holds(inner, call));
      return body && conditionOf(body, call, items);
    }
    if (each.s !== 'if' || !holds(each.then, call) || conditionOf(each.then, call, items) !== 'none')
      return undefined;
    return namedBy(each.c, items);
  }
  return undefined;
}

const holds = (statements: readonly Statement[], call: Value): boolean =>
  [...statementValues(statements)].some((each) => contains(each, call));

const isAwaited = (value: Value, call: Value): boolean => value.k === 'await' && value.v === call;

/** `item.name === 'http'`. */
function namedBy(condition: Value, items: ReadonlySet<number>): Condition | undefined {
  if (condition.k !== 'operands' || !/^===?$/.test(condition.op ?? '')) return undefined;
  const member = condition.vs.find((each) => each.k === 'member');
  const text = condition.vs.find((each) => each.k === 'text');
  if (member?.k !== 'member' || text?.k !== 'text') return undefined;
  return member.o.k === 'ref' && items.has(member.o.b) ? { name: member.p, is: text.t } : undefined;
}

/** The list is written out, one of its items has the name, and the loop comes to another one later that releases something. */
function hasLater(
  graph: Graph,
  ref: FunctionRef,
  value: Value,
  condition: Condition & object,
  release: Site,
): boolean {
  const list = orderOf(graph, value, ref);
  if (!list) return false;
  const named = list.findIndex((each) => isNamed(graph, each.value, each.ref, condition));
  if (named < 0) return false;
  return list.slice(named + 1).some((item) => isReleased(graph, item.value, item.ref, release));
}

/** Everything that the item can be says in a field of its own that it has the name. */
function isNamed(graph: Graph, item: Value, ref: FunctionRef, { name, is }: Condition & object): boolean {
  const instances = graph.valueThings(item, ref).filter((each) => each.t === 'instance');
  return (
    instances.length > 0 &&
    instances.every(({ file, cls }) => {
      const facts = graph.program.files[file]?.facts;
      const fields = facts?.classes[cls]?.fields;
      const body = fields === undefined ? [] : (facts?.functions[fields]?.body ?? []);
      return [...statementValues(body)].some(
        (each) =>
          each.k === 'assign' &&
          each.t.k === 'member' &&
          each.t.o.k === 'this' &&
          each.t.p === name &&
          each.v.k === 'text' &&
          each.v.t === is,
      );
    })
  );
}

/** The call of the loop leads to a method of the item that releases something. */
function isReleased(graph: Graph, item: Value, ref: FunctionRef, release: Site): boolean {
  const { releases, sitesIn } = lifecycleOf(graph);
  return graph
    .valueThings(item, ref)
    .some(
      (thing) =>
        thing.t === 'instance' &&
        graph
          .edgesOf(release)
          .some(
            ({ to }) =>
              to.file === thing.file &&
              classAround(graph.program, to)?.id === thing.cls &&
              sitesIn(to).some(releases),
          ),
    );
}
