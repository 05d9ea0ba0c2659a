/** JSON pointers (RFC 6901). Pure; used where a configuration says where in an answer a value is. */

/** The value a pointer leads to; `undefined` when it leads nowhere. `''` is the whole. */
export function readPointer(value: unknown, pointer: string): unknown {
  const steps = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  return steps.reduce<unknown>((inner, step) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, step)) return undefined;
    return (inner as Record<string, unknown>)[step];
  }, value);
}
