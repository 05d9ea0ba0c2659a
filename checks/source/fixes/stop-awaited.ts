/** Fixes of stop-awaited: awaits the stop. What drops the promises of a list is left: what is wanted of them is not known. */
import { awaitCall } from './await-call.ts';
import type { RuleFixes } from './fix.ts';

export default { notAwaited: awaitCall } satisfies RuleFixes;
