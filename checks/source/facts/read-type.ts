/** Reads what an annotation names: only the entity and its arguments, enough to find a class or a catalogue type. */
import { ts } from 'ts-morph';
import { lookUp } from './scope.ts';
import type { Context } from './context.ts';
import type { ParameterFact, TypeName, Value } from './model.ts';

export function readType(context: Context, node: ts.TypeNode | undefined): TypeName | undefined {
  if (!node) return undefined;
  if (ts.isArrayTypeNode(node)) return arrayOf(readType(context, node.elementType));
  if (ts.isTypeOperatorNode(node) || ts.isParenthesizedTypeNode(node)) return readType(context, node.type);
  if (ts.isUnionTypeNode(node)) return node.types.map((each) => readType(context, each)).find((each) => each);
  if (!ts.isTypeReferenceNode(node)) return undefined;
  const args = (node.typeArguments ?? []).map((each) => readType(context, each));
  return {
    entity: readEntity(context, node.typeName),
    args: args.map((each) => each ?? { entity: { k: 'none' }, args: [] }),
  };
}

function arrayOf(element: TypeName | undefined): TypeName | undefined {
  return element && { entity: { k: 'global', name: 'Array' }, args: [element] };
}

function readEntity(context: Context, name: ts.EntityName): Value {
  if (ts.isQualifiedName(name)) return { k: 'member', o: readEntity(context, name.left), p: name.right.text };
  const b = lookUp(context.scope, name.text);
  return b === undefined ? { k: 'global', name: name.text } : { k: 'ref', b };
}

const PLAIN: Partial<Record<ts.SyntaxKind, ParameterFact['plainType']>> = {
  [ts.SyntaxKind.StringKeyword]: 'string',
  [ts.SyntaxKind.NumberKeyword]: 'number',
  [ts.SyntaxKind.BooleanKeyword]: 'boolean',
};

/** A parameter's annotation as a plain type; a union that admits a string counts as a string. */
export function plainTypeOf(node: ts.TypeNode | undefined): ParameterFact['plainType'] | undefined {
  if (!node) return undefined;
  if (ts.isUnionTypeNode(node)) {
    const parts = node.types.map(plainTypeOf);
    return parts.find((each) => each === 'string') ?? parts[0];
  }
  if (ts.isLiteralTypeNode(node)) return ts.isStringLiteral(node.literal) ? 'string' : 'other';
  if (node.kind === ts.SyntaxKind.AnyKeyword || node.kind === ts.SyntaxKind.UnknownKeyword) return undefined;
  return PLAIN[node.kind] ?? (ts.isTypeReferenceNode(node) ? undefined : 'other');
}
