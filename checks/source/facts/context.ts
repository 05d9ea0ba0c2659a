/** What the extractor carries along: the facts so far, the scope, the function whose body is being read. */
import { ts } from 'ts-morph';
import type { BindingFact, FileFacts, FunctionFact, Statement, Value } from './model.ts';
import { declare, type Scope } from './scope.ts';

export interface Context {
  source: ts.SourceFile;
  facts: FileFacts;
  scope: Scope;
  fn: FunctionFact;
  /** Names of the enclosing declarations, for subjects. */
  path: readonly string[];
  /** Counts calls, object and array literals: their ids are unique in the file; and how deep the reading is in expressions. */
  next: { id: number; depth: number };
  /** What `this` is in a method that is read next: an instance of a class of this file, or an object literal. */
  owner?: { class: number } | { object: number };
}

/** A file that is not read: what walks over its facts would run out of stack. */
export class TooDeep extends Error {}

export const NONE: Value = { k: 'none' };

/** A module is named, if only for its types. */
export function name({ facts }: Context, from: string): void {
  if (!facts.specifiers.includes(from)) facts.specifiers.push(from);
}

/** A module is loaded when this file runs. */
export function load(context: Context, from: string): void {
  name(context, from);
  if (!context.facts.loads.includes(from)) context.facts.loads.push(from);
}

export function nextId(context: Context): number {
  context.next.id += 1;
  return context.next.id;
}

export function offsetOf(context: Context, node: ts.Node): number {
  return node.getStart(context.source);
}

export function bind(context: Context, name: ts.Identifier, kind: BindingFact['kind']): number {
  return declare(context.scope, context.facts.bindings, {
    name: name.text,
    fn: context.fn.id,
    kind,
    at: offsetOf(context, name),
  });
}

/** A binding that no source text names: the value that a pattern takes apart. */
export function hiddenBinding(context: Context, kind: BindingFact['kind'], at: number): number {
  context.facts.bindings.push({ name: '', fn: context.fn.id, kind, at });
  return context.facts.bindings.length - 1;
}

export function propertyName(name: ts.PropertyName | ts.MemberName, source: ts.SourceFile): string {
  if (ts.isComputedPropertyName(name)) {
    const inner = name.expression;
    if (ts.isStringLiteralLike(inner)) return inner.text;
    if (ts.isPropertyAccessExpression(inner) && inner.expression.getText(source) === 'Symbol')
      return `@@${inner.name.text}`;
    return '*';
  }
  return name.text;
}

export type ReadExpression = (context: Context, node: ts.Expression) => Value;

/** Takes a pattern apart into plain declarations: `const { a, b: [c] } = v`. */
export function readPattern(
  context: Context,
  name: ts.BindingName,
  value: Value,
  kind: BindingFact['kind'],
  read: ReadExpression,
): Statement[] {
  const at = offsetOf(context, name);
  if (ts.isIdentifier(name)) return [{ s: 'let', b: bind(context, name, kind), v: value, at }];
  const whole = hiddenBinding(context, 'variable', at);
  const out: Statement[] = [{ s: 'let', b: whole, v: value, at }];
  name.elements.forEach((element, position) => {
    if (!ts.isBindingElement(element)) return;
    let part = partOf(context, name, element, whole, position);
    if (element.initializer) part = { k: 'choice', vs: [part, read(context, element.initializer)] };
    out.push(...readPattern(context, element.name, part, kind, read));
  });
  return out;
}

function partOf(
  context: Context,
  pattern: ts.BindingPattern,
  element: ts.BindingElement,
  whole: number,
  position: number,
): Value {
  const o: Value = { k: 'ref', b: whole };
  if (element.dotDotDotToken)
    return ts.isArrayBindingPattern(pattern)
      ? { k: 'array', id: nextId(context), items: [{ k: 'spread', v: o }] }
      : o;
  if (ts.isArrayBindingPattern(pattern)) return { k: 'member', o, p: String(position) };
  const key = element.propertyName ?? (ts.isIdentifier(element.name) ? element.name : undefined);
  return { k: 'member', o, p: key ? propertyName(key, context.source) : '*' };
}
