/** Whether a type is a promise: the question of the oracle and of the floating-promise mode, over any back end. */
import type { ts } from 'ts-morph';
import type { Types } from './types.ts';

/** One member of a union is enough; `undefined` when none is a promise and one is not known. */
export function isThenable<Type extends object>(types: Types<Type>, type: Type): boolean | undefined {
  const kind = types.kindOf(type);
  if (kind === 'open') return undefined;
  if (kind === 'union') {
    const parts = types.partsOf(type).map((each) => isThenable(types, each));
    return parts.includes(true) ? true : parts.includes(undefined) ? undefined : false;
  }
  return types.hasProperty(types.apparentOf(type), 'then');
}

/**
 * What a call gives, by the callee's own return type where that decides: it is the same object for all calls of one
 * function, and costs far less than the type of the call, which chooses an overload and infers type arguments.
 */
export function resultOf<Type extends object>(types: Types<Type>, call: ts.CallExpression): Type | undefined {
  const callee = types.typeOf(call.expression);
  if (callee === undefined) return undefined;
  const returns = types.returnsOf(callee);
  const [only] = returns.length > 0 ? returns : types.returnsOf(types.nonNullableOf(callee));
  const decides = only !== undefined && returns.length <= 1 && isDecided(types, only);
  return decides ? only : types.typeOf(call);
}

/** No type parameter is to be filled in before it is known what the type is. */
export function isDecided<Type extends object>(types: Types<Type>, type: Type): boolean {
  const kind = types.kindOf(type);
  if (kind === 'parameter' || kind === 'deferred') return false;
  return kind !== 'union' || types.partsOf(type).every((each) => isDecided(types, each));
}
