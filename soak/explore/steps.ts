/** Steps of a schedule: what they are called, which may follow which, which are simpler. Pure; used by everything in this folder. */
import type { Step, StepKind } from '../../harness/observations/explore.ts';

interface KindFacts {
  /** Whether the service must run before it. */
  needs: 'running' | 'stopped';
  leaves: 'running' | 'stopped';
  title: string;
}

export const STEP_KINDS = {
  start: { needs: 'stopped', leaves: 'running', title: 'start' },
  'start-and-stop': { needs: 'stopped', leaves: 'stopped', title: 'start, stop signal' },
  'start-and-kill': { needs: 'stopped', leaves: 'stopped', title: 'start, SIGKILL' },
  stop: { needs: 'running', leaves: 'stopped', title: 'stop signal' },
  interrupt: { needs: 'running', leaves: 'stopped', title: 'SIGINT' },
  'stop-twice': { needs: 'running', leaves: 'stopped', title: 'stop signal, and again' },
  'stop-and-interrupt': { needs: 'running', leaves: 'stopped', title: 'stop signal, SIGINT' },
  'stop-and-kill': { needs: 'running', leaves: 'stopped', title: 'stop signal, SIGKILL' },
  kill: { needs: 'running', leaves: 'stopped', title: 'SIGKILL' },
  requests: { needs: 'running', leaves: 'running', title: 'requests' },
  freeze: { needs: 'running', leaves: 'running', title: 'standing still' },
  'freeze-and-stop': { needs: 'running', leaves: 'stopped', title: 'stop signal while it stands still' },
  'start-beside': { needs: 'running', leaves: 'running', title: 'another start beside it' },
  'stop-and-start': { needs: 'running', leaves: 'stopped', title: 'stop signal, next start at once' },
} as const satisfies Record<StepKind, KindFacts>;

/** `start-and-kill at 43 % of a start`. */
export function describeStep(step: Step): string {
  if ('atPercent' in step) return `${STEP_KINDS[step.do].title} at ${step.atPercent} % of it`;
  if ('gapPercent' in step) return `${STEP_KINDS[step.do].title} at ${step.gapPercent} % of a stop`;
  if ('forMs' in step) return `${STEP_KINDS[step.do].title} for ${step.forMs} ms`;
  return step.do === 'requests' ? `${step.count} requests` : STEP_KINDS[step.do].title;
}

export function describeSteps(steps: readonly Step[]): string {
  return steps.map((step, index) => `${index + 1}. ${describeStep(step)}`).join('; ');
}

/** The steps that can follow one another; what could not is left out. */
export function possibleSteps(steps: readonly Step[]): Step[] {
  let state: KindFacts['leaves'] = 'stopped';
  return steps.filter((step) => {
    const { needs, leaves } = STEP_KINDS[step.do];
    if (needs !== state) return false;
    state = leaves;
    return true;
  });
}

/** What ends every schedule, so that each is followed by a start and a stop as they should be. */
export function withClosing(steps: readonly Step[]): Step[] {
  const last = steps.at(-1);
  const isRunning = last !== undefined && STEP_KINDS[last.do].leaves === 'running';
  return [...steps, ...(isRunning ? [] : [{ do: 'start' } as const]), { do: 'stop' }];
}

/** Simpler steps that may show the same, the simplest first. */
export function simplerSteps(step: Step): Step[] {
  switch (step.do) {
    case 'requests':
      return step.count > 1 ? [{ do: 'requests', count: 1 }] : [];
    case 'stop-twice':
      return [{ do: 'stop' }];
    case 'stop-and-kill':
      return [{ do: 'stop' }, { do: 'kill' }];
    case 'stop-and-interrupt':
      return [{ do: 'stop' }, { do: 'interrupt' }, { ...step, do: 'stop-twice' }];
    case 'freeze-and-stop':
    case 'interrupt':
    case 'stop-and-start':
    case 'kill':
      return [{ do: 'stop' }];
    case 'start-and-stop':
    case 'start-and-kill':
    case 'start-beside':
    case 'freeze':
    case 'start':
    case 'stop':
      return [];
  }
}

/** Ordinary starts and stops are what the restart loop is for. */
export function isDisorderly(steps: readonly Step[]): boolean {
  return steps.some((step) => step.do !== 'start' && step.do !== 'stop');
}
