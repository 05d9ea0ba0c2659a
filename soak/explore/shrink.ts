/**
 * Shrinks a schedule to the shortest one that fails the same way. Timing is not deterministic: a shorter schedule is
 * tried several times before it is given up. Knows nothing of services; called by `explore.ts`.
 */
import type { Step } from '../../harness/observations/explore.ts';
import { possibleSteps, simplerSteps } from './steps.ts';

/** Runs a schedule once more. @returns the steps up to the same failure, or undefined when it did not come. */
export type Attempt = (steps: readonly Step[]) => Promise<Step[] | undefined>;

export interface Shrunk {
  steps: Step[];
  /** It was ended before every reduction had been tried. */
  complete: boolean;
}

/** Every reduction gets one try, then those that are left get further ones: a fault of every second time is missed once in 16. */
const ROUNDS = [1, 1, 2] as const;

/** `over` is asked before every run: a budget, an interruption. */
export async function shrinkSchedule(
  first: readonly Step[],
  attempt: Attempt,
  over: () => boolean,
): Promise<Shrunk> {
  let steps = [...first];
  for (const tries of ROUNDS) {
    const tried = new Set<string>();
    for (let next = untried(steps, tried); next !== undefined; next = untried(steps, tried)) {
      tried.add(JSON.stringify(next));
      for (let time = 0; time < tries; time += 1) {
        if (over()) return { steps, complete: false };
        const reduced = await attempt(next);
        if (reduced === undefined) continue;
        steps = reduced;
        break;
      }
    }
  }
  return { steps, complete: true };
}

function untried(steps: readonly Step[], tried: ReadonlySet<string>): Step[] | undefined {
  return [...reductions(steps)].find((candidate) => !tried.has(JSON.stringify(candidate)));
}

/** Large cuts first, then single steps, then simpler steps. */
function* reductions(steps: readonly Step[]): Generator<Step[]> {
  for (let size = steps.length - 1; size >= 1; size -= 1) {
    for (let from = 0; from + size <= steps.length; from += 1) {
      const rest = possibleSteps([...steps.slice(0, from), ...steps.slice(from + size)]);
      if (rest.length > 0) yield rest;
    }
  }
  for (const [index, step] of steps.entries()) {
    for (const simpler of simplerSteps(step)) {
      const changed = possibleSteps(steps.with(index, simpler));
      if (changed.length === steps.length) yield changed;
    }
  }
}
