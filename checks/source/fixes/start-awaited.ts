/** Fixes of start-awaited: awaits the start. */
import { awaitCall } from './await-call.ts';
import type { RuleFixes } from './fix.ts';

export default {
  notAwaited: awaitCall,
  deadCatch: awaitCall,
  voidHidesRejection: awaitCall,
} satisfies RuleFixes;
