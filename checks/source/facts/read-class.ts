/** Reads classes: members, constructor, and one function that runs the field initialisers. */
import { ts } from 'ts-morph';
import { bind, nextId, offsetOf, propertyName, type Context } from './context.ts';
import type { CallValue, ClassFact, ClassMember, FunctionFact, Statement, Value } from './model.ts';
import { readDecorators } from './read-decorators.ts';
import { readExpression } from './read-expression.ts';
import { hasModifier, readFunction } from './read-function.ts';
import { readBlock } from './read-statement.ts';
import { readType } from './read-type.ts';
import { childScope } from './scope.ts';

/** Adds a class fact and gives its id. */
export function readClass(context: Context, node: ts.ClassLikeDeclaration): number {
  const name = node.name?.text ?? context.path.at(-1) ?? '(class)';
  const heritage = node.heritageClauses?.find((each) => each.token === ts.SyntaxKind.ExtendsKeyword);
  const path = node.name ? [...context.path, name] : context.path;
  const at = offsetOf(context, node);
  const fields = addInitialiser(context, 'fields', path, at, node.end);
  const fact: ClassFact = { id: context.facts.classes.length, name, members: [], fields: fields.id, at };
  context.facts.classes.push(fact);
  const base = heritage?.types[0];
  if (base) fact.base = readExpression(context, base.expression);
  const inner: Context = { ...context, scope: childScope(context.scope), path, owner: { class: fact.id } };
  if (ts.isClassExpression(node) && node.name) {
    const b = bind(inner, node.name, 'class');
    fields.body.push({ s: 'let', b, v: { k: 'class', id: fact.id }, at });
  }
  fields.owner = { class: fact.id };
  Object.assign(fact, readDecorators({ ...context, fn: fields }, node));
  // A class inside an expression has no statement behind it: what is static runs with its instances.
  const statics =
    ts.isClassDeclaration(node) && node.members.some(runsAtOnce)
      ? addInitialiser(context, 'statics', path, at, node.end)
      : undefined;
  if (statics) Object.assign(statics, { owner: fields.owner });
  if (statics) fact.statics = statics.id;
  for (const member of node.members) {
    const fn = (runsAtOnce(member) ? statics : undefined) ?? fields;
    readMember({ ...inner, fn }, fact, fn, member);
  }
  return fact.id;
}

/** A static block, or a static field with a value. */
const runsAtOnce = (member: ts.ClassElement): boolean =>
  ts.isClassStaticBlockDeclaration(member) ||
  (ts.isPropertyDeclaration(member) &&
    member.initializer !== undefined &&
    hasModifier(member, ts.SyntaxKind.StaticKeyword));

/** The call of the static fields and blocks, to stand behind the declaration. */
export function staticsCall(context: Context, id: number): Statement[] {
  const fact = context.facts.classes[id];
  const statics = fact?.statics === undefined ? undefined : context.facts.functions[fact.statics];
  if (!fact || !statics) return [];
  const { at, end } = statics;
  const call: CallValue = {
    k: 'call',
    id: nextId(context),
    f: { k: 'fn', id: statics.id },
    a: [],
    isNew: false,
    at,
    start: at,
    end,
    text: `static ${fact.name}`,
  };
  return [{ s: 'do', v: call, at }];
}

function addInitialiser(
  context: Context,
  kind: 'fields' | 'statics',
  path: readonly string[],
  at: number,
  end: number,
): FunctionFact {
  const fact: FunctionFact = {
    id: context.facts.functions.length,
    name: path.join('.') || '(class)',
    kind,
    isAsync: false,
    isGenerator: false,
    parent: context.fn.id,
    params: [],
    body: [],
    at,
    end,
  };
  context.facts.functions.push(fact);
  return fact;
}

function readMember(inner: Context, fact: ClassFact, fields: FunctionFact, member: ts.ClassElement): void {
  const isStatic = hasModifier(member, ts.SyntaxKind.StaticKeyword);
  if (ts.isConstructorDeclaration(member)) {
    if (member.body) fact.construct = readFunction(inner, member);
  } else if (ts.isMethodDeclaration(member) || ts.isGetAccessor(member) || ts.isSetAccessor(member)) {
    if (!member.body) return;
    const kind = ts.isMethodDeclaration(member) ? 'method' : ts.isGetAccessor(member) ? 'getter' : 'setter';
    const name = propertyName(member.name, inner.source);
    fact.members.push({
      name,
      kind,
      isStatic,
      fn: readFunction(inner, member),
      ...readDecorators(inner, member),
    });
  } else if (ts.isPropertyDeclaration(member)) readField(inner, fact, fields, member, isStatic);
  else if (ts.isClassStaticBlockDeclaration(member))
    fields.body.push({ s: 'block', body: readBlock(inner, member.body.statements) });
}

function readField(
  inner: Context,
  fact: ClassFact,
  fields: FunctionFact,
  member: ts.PropertyDeclaration,
  isStatic: boolean,
): void {
  const name = propertyName(member.name, inner.source);
  const type = readType(inner, member.type);
  const field: ClassMember = { name, kind: 'field', isStatic };
  if (type) field.type = type;
  fact.members.push(field);
  if (!member.initializer) return;
  const owner: Value = isStatic ? { k: 'class', id: fact.id } : { k: 'this' };
  const v = readExpression({ ...inner, path: [...inner.path, name] }, member.initializer);
  const at = offsetOf(inner, member);
  const set: Statement = {
    s: 'do',
    v: { k: 'assign', t: { k: 'member', o: owner, p: name }, v, at, plain: true },
    at,
  };
  fields.body.push(set);
}
