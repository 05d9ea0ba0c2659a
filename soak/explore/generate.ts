/**
 * Random schedules from a seed, as fast-check's model commands: the model knows only whether the service runs, so that
 * every schedule is one that can be carried out. Called by `explore.ts`.
 */
import fc from 'fast-check';
import type { Step, StepKind } from '../../harness/observations/explore.ts';
import { isDisorderly, STEP_KINDS, withClosing } from './steps.ts';

const MAX_STEPS = 6;
/** More commands are drawn than are carried out: those that the state does not allow fall away. */
const MAX_DRAWN = 16;
/** Schedules are made in lots: a lot is as good as its seed. */
const LOT = 150;
/** What starts has to make up for what needs a running service; an ordinary stop shows least. */
const WEIGHTS: Partial<Record<StepKind, number>> = {
  start: 5,
  'start-and-stop': 4,
  'start-and-kill': 4,
  'stop-twice': 2,
  requests: 2,
};

interface Model {
  state: 'running' | 'stopped';
  steps: number;
}

const percent = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });

/** A little beyond the typical start: just after ready. */
const atPercent = percent(120);
const gapPercent = percent(100);
/** Long enough for timers to come late. */
const forMs = fc.integer({ min: 50, max: 1_500 });

const STEPS = {
  start: fc.constant({ do: 'start' }),
  'start-and-stop': fc.record({ do: fc.constant('start-and-stop'), atPercent }),
  'start-and-kill': fc.record({ do: fc.constant('start-and-kill'), atPercent }),
  stop: fc.constant({ do: 'stop' }),
  interrupt: fc.constant({ do: 'interrupt' }),
  'stop-twice': fc.record({ do: fc.constant('stop-twice'), gapPercent }),
  'stop-and-interrupt': fc.record({ do: fc.constant('stop-and-interrupt'), gapPercent }),
  'stop-and-kill': fc.record({ do: fc.constant('stop-and-kill'), gapPercent }),
  kill: fc.constant({ do: 'kill' }),
  requests: fc.record({ do: fc.constant('requests'), count: fc.integer({ min: 1, max: 8 }) }),
  freeze: fc.record({ do: fc.constant('freeze'), forMs }),
  'freeze-and-stop': fc.record({ do: fc.constant('freeze-and-stop'), forMs }),
  'start-beside': fc.constant({ do: 'start-beside' }),
  'stop-and-start': fc.constant({ do: 'stop-and-start' }),
} as const satisfies { [K in StepKind]: fc.Arbitrary<Extract<Step, { do: K }>> };

/** The lot of this number, each schedule closed by a start and a stop. The same seed gives the same lots. */
export function generateLot(seed: number, lot: number, kinds: readonly StepKind[]): Step[][] {
  const weighted = kinds.flatMap((kind) => Array<StepKind>(WEIGHTS[kind] ?? 1).fill(kind));
  const commands = fc.commands(
    weighted.map((kind) => (STEPS[kind] as fc.Arbitrary<Step>).map(commandOf)),
    { maxCommands: MAX_DRAWN },
  );
  const drawn = fc.sample(commands, { seed: (seed + lot * 7919) | 0, numRuns: LOT, unbiased: true });
  return drawn.map(planOf).filter(isDisorderly).map(withClosing);
}

/** Carried out on the model alone, a command notes its step: what then runs is the plan. */
function commandOf(step: Step): fc.Command<Model, Step[]> {
  const { needs, leaves } = STEP_KINDS[step.do];
  return {
    check: ({ state, steps }) => state === needs && steps < MAX_STEPS,
    run: (model, plan) => {
      plan.push(step);
      model.state = leaves;
      model.steps += 1;
    },
    toString: () => step.do,
  };
}

function planOf(commands: Iterable<fc.Command<Model, Step[]>>): Step[] {
  const plan: Step[] = [];
  const model: Model = { state: 'stopped', steps: 0 };
  fc.modelRun(() => ({ model, real: plan }), commands);
  return plan;
}
