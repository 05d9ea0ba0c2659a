/** How a function uses its first parameter, when what arrives there is the name of a signal. Used by signal-handled. */
import type { Value } from '../facts/model.ts';
import type { FunctionRef, Graph, Step } from '../graph/graph.ts';
import { eachStep } from '../graph/steps.ts';

/** What the parameter is meant to be, when that is not the name of a signal; `undefined` when a name is fine. */
export function unfitParameter(graph: Graph, ref: FunctionRef): string | undefined {
  const fn = graph.function(ref);
  const [first] = fn.params;
  if (!first || first.rest || first.plainType === 'string') return undefined;
  if (first.plainType === 'number' || first.plainType === 'boolean') return `a ${first.plainType}`;
  if (first.initial?.k === 'constant' && first.initial.t !== 'null') return `a ${first.initial.t}`;
  if (first.pattern) return 'an object';
  for (const step of eachStep(graph.steps(ref))) {
    if (step.s === 'branch' && isRef(step.condition, first.b) && decides(step.branches[0] ?? [], first.b))
      return 'a flag or an error';
    if (step.s === 'call' && isExitWith(graph, step, first.b)) return 'an exit code';
    if (
      step.s === 'call' &&
      step.call.f.k === 'member' &&
      isRef(step.call.f.o, first.b) &&
      !(step.call.f.p in String.prototype)
    )
      return 'an object';
  }
  return exitsInside(graph, ref, first.b) ? 'an exit code' : undefined;
}

const isRef = (value: Value, b: number): boolean => value.k === 'ref' && value.b === b;

/** The branch does more than tell the name. */
function decides(branch: readonly Step[], b: number): boolean {
  return branch.some((step) => !(step.s === 'call' && step.call.a.some((each) => mentions(each, b))));
}

function mentions(value: Value, b: number): boolean {
  if (isRef(value, b)) return true;
  if (value.k === 'operands') return value.vs.some((each) => mentions(each, b));
  return value.k === 'object' && value.props.some(([, each]) => mentions(each, b));
}

function isExitWith(graph: Graph, step: Step & { s: 'call' }, b: number): boolean {
  const site = graph.site(step.call);
  const [code] = step.call.a;
  if (!site || !code || !isRef(code, b)) return false;
  return graph
    .things(site.callee)
    .some((each) => each.t === 'external' && each.from === 'global' && each.path === 'process.exit');
}

/** Functions inside the handler that exit with its parameter. */
function exitsInside(graph: Graph, ref: FunctionRef, b: number): boolean {
  const functions = graph.program.files[ref.file]?.facts.functions ?? [];
  return functions.some((fn) => {
    let parent = fn.parent;
    while (parent !== undefined && parent !== ref.fn) parent = functions[parent]?.parent;
    if (parent !== ref.fn) return false;
    return [...eachStep(graph.steps({ file: ref.file, fn: fn.id }))].some(
      (step) => step.s === 'call' && isExitWith(graph, step, b),
    );
  });
}
