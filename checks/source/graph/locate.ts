/** Places in files, and the path from a shutdown root to a function. Used by the graph. */
import type { Location, PathStep } from '../../../harness/verdict.ts';
import { functionKey, functionOf, type CallEdge, type FunctionRef, type Program } from './flow/program.ts';

/** Line and column of an offset. */
export function locate(program: Program, file: number, offset: number): Location {
  const source = program.files[file];
  const starts = source?.facts.lineStarts ?? [0];
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file: source?.path ?? '', line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
}

/** The calls that lead from a shutdown root to a function. */
export function shutdownPath(
  program: Program,
  shutdown: ReadonlyMap<string, CallEdge | undefined>,
  ref: FunctionRef,
): PathStep[] {
  const out: PathStep[] = [];
  let edge = shutdown.get(functionKey(ref));
  const step = (at: CallEdge): PathStep => {
    const site = program.sites[at.site];
    const location = locate(program, site?.file ?? 0, site?.call.at ?? 0);
    return { location, note: `${site?.call.text ?? 'call'} runs ${functionOf(program, at.to).name}` };
  };
  for (let depth = 0; edge && depth < 30; depth += 1) {
    out.unshift(step(edge));
    edge = shutdown.get(functionKey(edge.from));
  }
  const root = program.edges.find((each) => {
    const first = out[0];
    return !first && functionKey(each.to) === functionKey(ref) && program.registrations.has(each.site);
  });
  if (root) out.unshift(step(root));
  return out;
}
