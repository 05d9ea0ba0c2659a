/** How a function in front of a route is called in messages. Used by the rules about guards. */
import type { FunctionRef } from '../graph.ts';
import { returnsOf } from './decision-callees.ts';
import { seen, type Held } from './held.ts';
import type { Guarding } from './route-table.ts';
import type { Run } from './run.ts';

export function nameOfHeld(run: Run, held: Held): string {
  const fn = seen(held);
  if (fn.t === 'closure') return run.graph.nameOf(fn);
  if (fn.t === 'external') return fn.path && fn.path !== '(plugin)' ? `${fn.from} ${fn.path}` : fn.from;
  if (fn.t === 'method') return fn.name;
  if (fn.t === 'class') return run.graph.program.files[fn.file]?.facts.classes[fn.cls]?.name ?? 'a class';
  if (fn.t === 'object' && fn.of) return nameOfHeld(run, fn.of);
  if (fn.t === 'flow') {
    const [only] = run.graph.things(fn.node);
    return only?.t === 'function' ? run.graph.nameOf(only) : 'a function that is not followed';
  }
  return 'a function that is not followed';
}

/** A function without a name of its own, written where it is put in front, is known by its place. */
export function nameOfGuard(run: Run, { fn, how, place }: Guarding): string {
  const held = seen(fn);
  if (held.t !== 'closure' || hasOwnName(run, held) || isReturned(run, held)) return nameOfHeld(run, held);
  return `the ${/addHook/.test(how) ? 'hook' : 'function'} at ${place.file}:${place.line}`;
}

/** What to do where a function makes a guard for each request that nobody calls. */
export function nameOfFactory(run: Run, guard: Guarding): { guard: string; advice: string } {
  const held = seen(guard.fn);
  const name = nameOfGuard(run, guard);
  if (held.t !== 'closure' || hasOwnName(run, held))
    return { guard: name, advice: `nobody calls the guard it makes. Call it: ${name}(...)` };
  return {
    guard: isReturned(run, held) ? `the function that ${name} gives` : name,
    advice:
      'it hands the guard back, and nobody calls that. Call it there and await it, or give it in its place',
  };
}

/** Functions without one go by the name of what is around them. */
function hasOwnName({ graph }: Run, ref: FunctionRef): boolean {
  const { name, parent } = graph.function(ref);
  const around = parent === undefined ? undefined : graph.function({ file: ref.file, fn: parent }).name;
  return name !== '(anonymous)' && name !== around;
}

/** What is around it made it and gave it away: its name says what it is. */
function isReturned({ graph }: Run, ref: FunctionRef): boolean {
  const { parent } = graph.function(ref);
  if (parent === undefined) return false;
  const { body } = graph.function({ file: ref.file, fn: parent });
  return returnsOf(body).some((each) => each.k === 'fn' && each.id === ref.fn);
}
