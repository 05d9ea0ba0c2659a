/** What a fault's judges must not take for evidence: readiness that nobody asked for, a number that is none, a crash. */
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import type { Fact, FaultCase, Observation } from '../../harness/observation.ts';
import { judgeAlways } from './always.ts';
import type { CaseHistory, FaultScenario } from './fault.ts';
import closedOutput from '../scenarios/faults/closed-output.ts';
import clockJump from '../scenarios/faults/clock-jump.ts';
import { judgeReadyAgain } from './ready-again.ts';

const { limits } = configSchema.parse({});
const asked = { kind: 'readiness-asked', cycle: 1, moment: 'after it', ready: false } as const;
const busy = (value: number): Fact => ({ kind: 'measured', cycle: 1, what: 'busyShare', value });

/** As it is read again from the disk. */
function historyOf(facts: readonly Fact[], one: Partial<FaultCase> = {}): CaseHistory {
  const text = JSON.stringify(
    facts.map((fact) => ({ ...fact, at: '2026-01-01T00:00:00.000Z', monotonicMs: 1 })),
  );
  const observations = JSON.parse(text) as Observation[];
  return { case: { cycle: 1, name: 'a case', ends: 'clean', ...one }, observations, all: observations };
}
const outcomes = (scenario: FaultScenario, facts: readonly Fact[]): string[] =>
  (scenario.judge?.(historyOf(facts), limits) ?? []).map(({ outcome }) => outcome);

describe('that it is ready again', () => {
  it.each([
    ['pass', { ...asked, ready: true }],
    ['fail', { ...asked, reason: 'refused' }],
    ['skip', { ...asked, notAsked: 'its log alone says so' }],
  ] as const)('is a %s for %j', (outcome, fact) => {
    expect(judgeReadyAgain(historyOf([fact]), 'after it', 1_000)).toMatchObject([{ outcome }]);
  });

  it('is unknown where nobody asked', () => {
    expect(judgeReadyAgain(historyOf([]), 'after it', 1_000)).toMatchObject([{ outcome: 'unknown' }]);
  });
});

describe('how busy it was', () => {
  const ready = { ...asked, ready: true };
  it('is unknown where the system does not tell, which is no number and is written down as null', () => {
    expect(outcomes(clockJump, [ready, busy(Number.NaN)])).toEqual(['unknown']);
    expect(outcomes(closedOutput, [ready, busy(Number.NaN)])).toEqual(['unknown']);
  });

  it('is judged where it does', () => {
    expect(outcomes(clockJump, [ready, busy(0.01)])).toEqual(['pass']);
    expect(outcomes(clockJump, [ready, busy(0.99)])).toEqual(['fail']);
    expect(outcomes(closedOutput, [ready, busy(0.99)])).toEqual(['fail']);
  });
});

describe('the end of a life that the fault came too late for', () => {
  const moot: Fact = { kind: 'moot', cycle: 1, reason: 'it was gone' };
  const end = (signal: NodeJS.Signals | null, code: number | null): string | undefined =>
    judgeAlways(
      historyOf([moot, { kind: 'exited', cycle: 1, afterMs: 5, signal, code }]),
      limits,
      false,
    ).find(({ message }) => /^(ended by|code|SIG)/.test(message))?.outcome;
  it.each([
    ['pass', null, 0],
    ['pass', 'SIGTERM', null],
    ['fail', 'SIGSEGV', null],
    ['fail', 'SIGABRT', null],
    ['fail', null, 1],
  ] as const)('is a %s by %s %s', (outcome, signal, code) => expect(end(signal, code)).toBe(outcome));
});
