/** Turns the facts of a file into places and edges. Called once per file by the linker. */
import { NOWHERE } from './flow.ts';
import { fillSuper, linkClass, thisNode } from './classes.ts';
import type { FunctionFact, Statement, Value } from '../../facts/model.ts';
import { carryWhenFilled, isData } from './data-objects.ts';
import { linkCall } from './link-call.ts';
import { addParent, fieldOf, iterate, load, store } from './load.ts';
import { carryLocation } from './model-packages.ts';
import { globalThing, moduleNode } from './module-node.ts';
import { bindingNode, factsOf, returnNode, usePromises, type FunctionRef, type Program } from './program.ts';
import { linkUsing } from './using.ts';
import { isLifecycleWord, type NodeId, type Thing } from './things.ts';

/** Links all functions of a file. */
export function evaluateFile(program: Program, file: number): void {
  const facts = factsOf(program, file);
  for (const fn of facts.functions) {
    const ref = { file, fn: fn.id };
    evaluateParameters(program, ref, fn);
    evaluateStatements(program, ref, fn.body);
  }
}

function evaluateParameters(program: Program, ref: FunctionRef, fn: FunctionFact): void {
  for (const parameter of fn.params)
    if (parameter.initial)
      program.flow.edge(
        evaluate(program, ref, parameter.initial),
        bindingNode(program, ref.file, parameter.b),
      );
}

function evaluateStatements(program: Program, ref: FunctionRef, statements: readonly Statement[]): void {
  for (const each of statements) evaluateStatement(program, ref, each);
}

function evaluateStatement(program: Program, ref: FunctionRef, statement: Statement): void {
  const { flow } = program;
  const inner = (each: readonly Statement[]): void => evaluateStatements(program, ref, each);
  switch (statement.s) {
    case 'do':
    case 'throw':
      evaluate(program, ref, statement.v);
      return;
    case 'let':
      flow.edge(evaluate(program, ref, statement.v), bindingNode(program, ref.file, statement.b));
      if (statement.using) linkUsing(program, statement.v, bindingNode(program, ref.file, statement.b));
      return;
    case 'return':
      evaluateReturn(program, ref, statement.v);
      return;
    case 'if':
      evaluate(program, ref, statement.c);
      inner(statement.then);
      inner(statement.else);
      return;
    case 'loop':
      inner(statement.head);
      if (statement.of)
        iterate(
          program,
          evaluate(program, ref, statement.of.v),
          bindingNode(program, ref.file, statement.of.b),
        );
      inner(statement.body);
      return;
    case 'try':
      inner(statement.body);
      inner(statement.catch?.body ?? []);
      inner(statement.finally ?? []);
      return;
    case 'switch':
      evaluate(program, ref, statement.v);
      statement.cases.forEach(inner);
      return;
    case 'block':
      inner(statement.body);
      return;
    case 'jump':
  }
}

function evaluateReturn(program: Program, ref: FunctionRef, value: Value): void {
  const node = evaluate(program, ref, value);
  const to = returnNode(program, ref);
  usePromises(program, node, { how: 'returned', fn: ref });
  if (factsOf(program, ref.file).functions[ref.fn]?.isAsync) program.flow.settledEdge(node, to);
  else program.flow.edge(node, to);
}

/** The place of an expression's value. */
export function evaluate(program: Program, ref: FunctionRef, value: Value): NodeId {
  const known = program.nodes.get(value);
  if (known !== undefined) return known;
  if (value.k === 'ref') return bindingNode(program, ref.file, value.b);
  if (isNothing(program, value)) return NOWHERE;
  const node = program.flow.node();
  program.nodes.set(value, node);
  fill(program, ref, value, node);
  return node;
}

/** Most texts say nothing of the lifecycle. */
const isNothing = (program: Program, value: Value): boolean =>
  value.k === 'constant' ||
  value.k === 'none' ||
  (value.k === 'text' && !isLifecycleWord(value.t) && !program.catalogue.isPackageOfFiles(value.t));

function fill(program: Program, ref: FunctionRef, value: Value, node: NodeId): void {
  const { flow } = program;
  const { file } = ref;
  const at = (each: Value): NodeId => evaluate(program, ref, each);
  switch (value.k) {
    case 'call':
      linkCall(program, ref, value, node);
      return;
    case 'global':
      flow.add(node, globalThing(file, value.name));
      return;
    case 'this':
      flow.edge(thisNode(program, ref), node);
      return;
    case 'super':
      fillSuper(program, ref, node);
      return;
    case 'text':
      flow.add(node, { t: 'text', text: value.t });
      return;
    case 'member':
      load(program, at(value.o), value.p, node);
      return;
    case 'index':
      at(value.i);
      load(program, at(value.o), '*', node);
      return;
    case 'fn':
      flow.add(node, { t: 'function', file, fn: value.id });
      return;
    case 'class':
      linkClass(program, ref, value.id);
      flow.add(node, { t: 'class', file, cls: value.id });
      return;
    case 'object':
      fillObject(program, ref, value, node);
      return;
    case 'array':
      fillArray(program, ref, value, node);
      return;
    case 'assign':
      fillAssign(program, ref, value, node);
      return;
    default:
      fillOperands(program, ref, value, node);
  }
}

/** Expressions whose value comes from their operands. */
function fillOperands(program: Program, ref: FunctionRef, value: Value, node: NodeId): void {
  const { flow } = program;
  const at = (each: Value): NodeId => evaluate(program, ref, each);
  switch (value.k) {
    case 'await':
      usePromises(program, at(value.v), { how: 'awaited' });
      flow.settledEdge(at(value.v), node);
      return;
    case 'choice':
      if (value.c) at(value.c);
      for (const each of value.vs) flow.edge(at(each), node);
      return;
    case 'operands':
      // A path that is built on the place of a package leads into that package.
      for (const each of value.vs) carryLocation(program, at(each), node);
      return;
    case 'void':
    case 'spread':
      at(value.v);
      return;
    case 'import':
      flow.edge(moduleNode(program, ref.file, value.from), node);
      return;
    default:
  }
}

function fillObject(program: Program, ref: FunctionRef, value: Value & { k: 'object' }, node: NodeId): void {
  const { flow } = program;
  const own: Thing = { t: 'object', file: ref.file, id: value.id };
  const id = flow.intern(own);
  const provides = value.props.some(([name]) => name === 'provide');
  if (provides) program.providers.set(`${ref.file}.${value.id}`, { value, ref });
  const saysSomething = provides || value.props.some(([name]) => isLifecycleWord(name));
  const carry = carryWhenFilled(program, node, own, saysSomething);
  for (const [name, each] of value.props) {
    flow.edge(evaluate(program, ref, each), fieldOf(program, id, name === '*' ? 'rest' : name));
    if (isLifecycleWord(name)) flow.add(flow.field(id, '@names'), { t: 'text', text: name });
  }
  for (const each of value.spread)
    flow.onThing(evaluate(program, ref, each), (from) => {
      addParent(program, id, from);
      if (!isData(flow.things[from])) carry();
    });
}

function fillArray(program: Program, ref: FunctionRef, value: Value & { k: 'array' }, node: NodeId): void {
  const { flow } = program;
  const own: Thing = { t: 'array', file: ref.file, id: value.id, part: '' };
  const id = flow.intern(own);
  const spreadAt = value.items.findIndex((each) => each.k === 'spread');
  value.items.forEach((each, position) => {
    if (each.k === 'spread') iterate(program, evaluate(program, ref, each.v), fieldOf(program, id, 'rest'));
    else {
      const name = spreadAt >= 0 && position > spreadAt ? 'rest' : String(position);
      flow.edge(evaluate(program, ref, each), fieldOf(program, id, name));
    }
  });
  flow.add(node, own);
}

function fillAssign(program: Program, ref: FunctionRef, value: Value & { k: 'assign' }, node: NodeId): void {
  const { flow } = program;
  const v = evaluate(program, ref, value.v);
  flow.edge(v, node);
  const { t } = value;
  if (t.k === 'ref') flow.edge(v, bindingNode(program, ref.file, t.b));
  else if (t.k === 'member' || t.k === 'index') {
    const target = evaluate(program, ref, t.o);
    if (t.k === 'index') evaluate(program, ref, t.i);
    const isFlag = value.v.k === 'constant' || value.v.k === 'text';
    program.stores.push({ target, value: v, isFlag });
    store(program, target, t.k === 'member' ? t.p : '*', v);
  }
  // `this.timer ??= open()` also gives what was there before.
  if (!value.plain) flow.edge(evaluate(program, ref, t), node);
}
