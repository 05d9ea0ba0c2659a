/** Functions that no followed call came to. Used where only the flow tells what is called. */
import type { FunctionRef } from '../graph.ts';
import type { Closure, Frame, Held } from './held.ts';
import { moduleFrame, type Run } from './run.ts';

/** A function whose scope was never entered: what is around it is known by the flow alone. */
export function detached(run: Run, ref: FunctionRef): Closure {
  const fact = run.graph.function(ref);
  const cls = fact.owner && 'class' in fact.owner ? fact.owner.class : undefined;
  const node = cls === undefined ? undefined : run.graph.program.classThis.get(`${ref.file}.${cls}`);
  const self: Held | undefined = node === undefined ? undefined : { t: 'flow', node };
  return {
    t: 'closure',
    file: ref.file,
    fn: ref.fn,
    scope: scopeAround(run, ref),
    ...(self ? { self } : {}),
  };
}

function scopeAround(run: Run, ref: FunctionRef): Frame {
  const parent = run.graph.function(ref).parent;
  if (parent === undefined || parent === 0) return moduleFrame(run, ref.file);
  const around = detached(run, { file: ref.file, fn: parent });
  return {
    file: ref.file,
    fn: parent,
    values: new Map(),
    parent: around.scope,
    ...(around.self ? { self: around.self } : {}),
    returns: [],
    conditions: [],
  };
}
