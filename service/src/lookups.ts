/**
 * Lookups of names cannot be aborted: one that is under way keeps the process, `process.exit` included, until the resolver
 * gives up, which takes it two times five seconds for each name server if nothing else is said. Used by `main.ts`.
 */

/** How Node calls one in `process.getActiveResourcesInfo()`. */
const LOOKUP = 'GetAddrInfoReqWrap';

/** Before the first lookup: a try of one second. What the environment says already stays: see resolv.conf(5). */
export function boundLookups(env: Record<string, string | undefined>): void {
  env['RES_OPTIONS'] ??= 'timeout:1 attempts:1';
}

export function isLookingUp(resources: readonly string[]): boolean {
  return resources.includes(LOOKUP);
}
