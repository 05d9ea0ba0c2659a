/** Schedules: what can be generated, and how they are shrunk, without any process. */
import { describe, expect, it } from 'vitest';
import type { Step, StepKind } from '../../harness/observations/explore.ts';
import { centreMoments } from './centre.ts';
import { generateLot } from './generate.ts';
import { shrinkSchedule } from './shrink.ts';
import { possibleSteps, STEP_KINDS } from './steps.ts';

const LONG: Step[] = [
  { do: 'start' },
  { do: 'requests', count: 7 },
  { do: 'stop' },
  { do: 'start-and-kill', atPercent: 43 },
  { do: 'start-and-stop', atPercent: 9 },
  { do: 'start' },
];
const kinds = (steps: readonly Step[]): string => steps.map((step) => step.do).join(' ');
/** Fails when a kill during a start comes before a plain start. */
const hasLockFault = (steps: readonly Step[]): boolean => /start-and-kill.* start$/.test(kinds(steps));

describe('generated schedules', () => {
  const all = Object.keys(STEP_KINDS) as StepKind[];

  it('can be carried out, are closed by a start and a stop, and know every kind of step', () => {
    const lot = generateLot(7, 0, all);
    expect(lot.length).toBeGreaterThan(30);
    for (const steps of lot) {
      expect(possibleSteps(steps)).toEqual(steps);
      expect(kinds(steps)).toMatch(/stop$/);
    }
    expect(new Set(lot.flat().map((step) => step.do))).toEqual(new Set(all));
  });

  it('are those of the seed', () => {
    expect(generateLot(7, 1, all)).toEqual(generateLot(7, 1, all));
    expect(generateLot(8, 1, all)).not.toEqual(generateLot(7, 1, all));
  });
});

describe('shrinking', () => {
  it('finds the two steps of six that it takes', async () => {
    const { steps, complete } = await shrinkSchedule(
      LONG,
      async (each) => (hasLockFault(each) ? [...each] : undefined),
      () => false,
    );
    expect({ steps: kinds(steps), complete }).toEqual({ steps: 'start-and-kill start', complete: true });
  });

  it('finds them although only every third time shows the fault', async () => {
    let time = 0;
    const flaky = async (each: readonly Step[]) =>
      hasLockFault(each) && ++time % 3 === 0 ? [...each] : undefined;
    const { steps } = await shrinkSchedule(LONG, flaky, () => false);
    expect(kinds(steps)).toBe('start-and-kill start');
  });

  it('keeps what it has when its time is over, and says so', async () => {
    let runs = 0;
    const counted = async (each: readonly Step[]) => {
      runs += 1;
      return hasLockFault(each) ? [...each] : undefined;
    };
    expect(await shrinkSchedule(LONG, counted, () => true)).toEqual({ steps: LONG, complete: false });
    const { steps, complete } = await shrinkSchedule(LONG, counted, () => runs >= 4);
    expect(complete).toBe(false);
    expect(hasLockFault(steps)).toBe(true);
  });
});

describe('the moment of a signal', () => {
  const never = () => false;
  /** Fails when the kill comes in these parts of the start. */
  const failsWithin =
    (from: number, to: number) =>
    async (steps: readonly Step[]): Promise<Step[] | undefined> => {
      const [kill] = steps;
      const at = kill?.do === 'start-and-kill' ? kill.atPercent : Number.NaN;
      return at >= from && at <= to ? [...steps] : undefined;
    };
  const killAt = (atPercent: number): Step[] => [{ do: 'start-and-kill', atPercent }, { do: 'start' }];

  it.each([
    [41, 56],
    [78, 63],
    [60, 60],
  ])('is moved from %i to the middle of where the failure shows', async (at, middle) => {
    expect(await centreMoments(killAt(at), failsWithin(40, 80), never)).toEqual({
      steps: killAt(middle),
      complete: true,
    });
  });

  it('stays where it is when the failure shows there only', async () => {
    expect((await centreMoments(killAt(5), failsWithin(5, 5), never)).steps).toEqual(killAt(5));
  });

  it('is not looked for once the time is over', async () => {
    const centred = await centreMoments(killAt(41), failsWithin(40, 80), () => true);
    expect(centred).toEqual({ steps: killAt(41), complete: false });
  });
});
