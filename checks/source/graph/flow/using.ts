/** `using` and `await using`: what is declared so is disposed of when its scope ends. Used by the evaluator. */
import type { Value } from '../../facts/model.ts';
import { runCallback } from './callbacks.ts';
import { load } from './load.ts';
import type { Program } from './program.ts';
import type { NodeId } from './things.ts';

/** The disposal is run by the call that gives the value, some time later. */
export function linkUsing(program: Program, value: Value, node: NodeId): void {
  const inner = value.k === 'await' ? value.v : value;
  const site = inner.k === 'call' ? program.siteOfCall.get(inner) : undefined;
  if (!site) return;
  for (const name of ['@@dispose', '@@asyncDispose']) {
    const disposal = program.flow.node();
    load(program, node, name, disposal);
    runCallback(program, site, disposal, 'after');
  }
}
