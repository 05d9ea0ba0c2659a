/**
 * What a handler does with the failure that it is given: tells of it, or keeps it to itself.
 * Used by shutdown-error-logged.
 */
import {
  eachValue,
  eachValueIn,
  innerStatements,
  innerValues,
  mentions,
  valuesOf,
} from '../../facts/walk.ts';
import type { CallValue, Statement, Value } from '../../facts/model.ts';
import type { FunctionRef, Graph, Site } from '../../graph/graph.ts';
import { lifecycleOf } from '../lifecycle.ts';

/** `told`: somebody hears of it, or it is thrown on; `silent`: it ends here; `unknown`: the handler cannot be followed. */
export type Told = 'told' | 'silent' | 'unknown';

const LOGS =
  /^(error|warn|warning|info|debug|log|fatal|trace|verbose|silly|notice|critical|alert|emerg|emergency|exception|captureException|captureMessage|recordException|assert|dir|table)$/;
/** What they are given comes back in another form, and nobody has heard of it. */
const CONVERTS =
  /^global (String|Number|Boolean|BigInt|Symbol|Array|Object|Error|TypeError|isNaN|parseInt|Promise|JSON\.\w+|Object\.\w+|Number\.\w+|Array\.\w+|Error\.\w+|Date\.\w+|Date|Math\.\w+|Promise\.\w+|process\.(exit|kill|abort|reallyExit|hrtime|uptime))$/;
const NO_OP = /^(noop|noOp|no_op|identity|constant|stubTrue|stubFalse)$/;
const DEPTH = 5;

interface Telling {
  graph: Graph;
  ref: FunctionRef;
  /** Bindings that hold the error or something made of it. */
  errors: Set<number>;
  depth: number;
  seen: Set<string>;
}

/** A catch clause of a function. */
export function catchTells(
  graph: Graph,
  ref: FunctionRef,
  body: readonly Statement[],
  error: number | undefined,
): boolean {
  const errors = new Set(error === undefined ? [] : [error]);
  return bodyTells({ graph, ref, errors, depth: 0, seen: new Set() }, body);
}

/** What is given to `.catch`, or to `.then` as its second argument. */
export function handlerTells(graph: Graph, ref: FunctionRef, handler: Value): Told {
  const name = nameOf(graph, ref, handler);
  if (LOGS.test(name)) return 'told';
  if (NO_OP.test(name)) return 'silent';
  if (
    handler.k === 'member' ||
    (handler.k === 'call' && handler.f.k === 'member' && handler.f.p === 'bind')
  ) {
    const bound = handler.k === 'call' && handler.f.k === 'member' ? nameOf(graph, ref, handler.f.o) : name;
    if (LOGS.test(bound)) return 'told';
  }
  const things = graph.valueThings(handler, ref);
  const functions = things.flatMap((each) =>
    each.t === 'function' ? [{ file: each.file, fn: each.fn }] : [],
  );
  if (functions.length > 0) {
    const tells = functions.every((fn) =>
      functionTells({ graph, ref, errors: new Set(), depth: 0, seen: new Set() }, fn, [true]),
    );
    return tells ? 'told' : 'silent';
  }
  if (things.some((each) => each.t === 'resolver') || isExecutorParameter(graph, ref, handler)) return 'told';
  return 'unknown';
}

/** The resolve or reject of a `new Promise`: whoever waits for that promise hears of it. */
function isExecutorParameter(graph: Graph, ref: FunctionRef, value: Value): boolean {
  if (value.k !== 'ref') return false;
  const binding = graph.program.files[ref.file]?.facts.bindings[value.b];
  if (binding?.kind !== 'parameter') return false;
  return graph.edgesTo({ file: ref.file, fn: binding.fn }).some((each) => each.kind === 'executor');
}

function nameOf(graph: Graph, ref: FunctionRef, value: Value): string {
  if (value.k === 'member') return value.p;
  if (value.k === 'global') return value.name;
  if (value.k !== 'ref') return '';
  const facts = graph.program.files[ref.file]?.facts;
  const imported = facts?.imports.find((each) => each.b === value.b);
  if (!imported) return '';
  return imported.name === 'default' ? (imported.from.split(/[./]/).at(-1) ?? '') : imported.name;
}

function bodyTells(telling: Telling, statements: readonly Statement[]): boolean {
  return statements.some((statement) => {
    if (statement.s === 'throw') return true;
    if (statement.s === 'let' && carries(statement.v, telling.errors)) telling.errors.add(statement.b);
    if (statement.s === 'return' && givesBack(telling, statement.v)) return true;
    // What a condition asks of the error tells nobody.
    const asked = statement.s === 'if' || statement.s === 'switch';
    if (!asked && valuesOf(statement).some((each) => valueTells(telling, each))) return true;
    return innerStatements(statement).some((each) => bodyTells(telling, each));
  });
}

/** The caller gets the error; what a function of the project makes of it is seen where that is followed. */
function givesBack({ graph, errors }: Telling, value: Value): boolean {
  const call = value.k === 'await' ? value.v : value;
  const site = call.k === 'call' ? graph.site(call) : undefined;
  if (site && graph.edgesOf(site).some((each) => each.kind === 'call')) return false;
  return carries(value, errors);
}

function valueTells(telling: Telling, value: Value): boolean {
  if (value.k === 'choice' && value.c) return value.vs.some((each) => valueTells(telling, each));
  for (const each of eachValue(value)) {
    if (each.k === 'call' && callTells(telling, each)) return true;
    if (each.k === 'assign' && carries(each.v, telling.errors)) return true;
  }
  return false;
}

const COMPARES = /^(===|!==|==|!=|<|>|<=|>=|instanceof|in|!)$/;

/** The value still says what the error was: it is no mere yes or no about it. */
function carries(value: Value, errors: ReadonlySet<number>): boolean {
  if (value.k === 'ref') return errors.has(value.b);
  if (value.k === 'operands' && COMPARES.test(value.op ?? '')) return false;
  if (value.k === 'choice') return value.vs.some((each) => carries(each, errors));
  return innerValues(value).some((each) => carries(each, errors));
}

function callTells(telling: Telling, call: CallValue): boolean {
  const { graph, ref, errors } = telling;
  const name = nameOf(graph, ref, call.f);
  const given = call.a.map((each) => mentions(each, errors));
  if (NO_OP.test(name)) return false;
  if (LOGS.test(name) && call.a.length > 0 && !isMath(call.f)) return true;
  if (name === 'push' || name === 'add' || name === 'set' || name === 'unshift')
    return given.includes(true) && isRead(telling, call);
  const site = graph.site(call);
  if (!site) return given.includes(true);
  const things = graph.things(site.callee);
  if (things.some((each) => each.t === 'resolver')) return given.includes(true);
  const targets = graph.edgesOf(site).filter((each) => each.kind === 'call');
  if (targets.length > 0) return targets.some((each) => functionTells(telling, each.to, given));
  if (isConversion(graph, site)) return false;
  if (isExecutorParameter(graph, ref, call.f)) return given.includes(true);
  // Something else is tried instead, or something outside of the project hears of it.
  return lifecycleOf(graph).releases(site) || given.includes(true) || isOutside(things, name);
}

/** `metrics.increment('close_failed')`, `process.stderr.write('...')`: leads outside of the project by a name of its own. */
const isOutside = (things: readonly { t: string }[], name: string): boolean =>
  name !== '' && (things.length === 0 || things.some((each) => each.t === 'external'));

const isMath = (f: Value): boolean => f.k === 'member' && f.o.k === 'global' && f.o.name === 'Math';

function isConversion(graph: Graph, site: Site): boolean {
  return graph
    .things(site.callee)
    .some((each) => each.t === 'external' && CONVERTS.test(`${each.from} ${each.path}`));
}

/** A function of the project that is called in the handler; `given` says which arguments carry the error. */
function functionTells(telling: Telling, fn: FunctionRef, given: readonly boolean[]): boolean {
  const key = `${fn.file}.${fn.fn} ${given.join()}`;
  if (telling.depth >= DEPTH || telling.seen.has(key)) return false;
  telling.seen.add(key);
  const fact = telling.graph.function(fn);
  const errors = new Set(
    fact.params.flatMap((each, index) => (given[each.rest ? 0 : index] ? [each.b] : [])),
  );
  // A pattern takes the error apart: `({ message })`.
  return bodyTells({ ...telling, ref: fn, errors, depth: telling.depth + 1 }, fact.body);
}

/** The collection that an error is added to is looked at somewhere. */
function isRead(telling: Telling, call: CallValue): boolean {
  const owner = call.f.k === 'member' ? call.f.o : undefined;
  if (owner?.k !== 'ref') return true;
  const functions = telling.graph.program.files[telling.ref.file]?.facts.functions ?? [];
  return functions.some((fn) => readsBinding(fn.body, owner.b));
}

function readsBinding(statements: readonly Statement[], b: number): boolean {
  let added = 0;
  let named = 0;
  for (const value of eachValueIn(statements)) {
    if (value.k === 'ref' && value.b === b) named += 1;
    const isAdd = value.k === 'call' && value.f.k === 'member' && /^(push|add|set|unshift)$/.test(value.f.p);
    if (isAdd && value.f.k === 'member' && value.f.o.k === 'ref' && value.f.o.b === b) added += 1;
  }
  return named > added;
}
