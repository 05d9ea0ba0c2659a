import { describe, expect, it } from 'vitest';
import { createVerdict, type Outcome, OUTCOME_RANK, type StageName } from '../verdict.ts';
import { countCases, reportCases, type RunSummaryInput } from './run-report.ts';
import { renderTap } from './tap.ts';

const OUTCOMES = ['fail', 'unknown', 'pass', 'skip'] as const;

describe('reportCases', () => {
  const combinations = OUTCOMES.flatMap((run) =>
    OUTCOMES.flatMap((stage) => subsets().map((held) => ({ run, stage, held }))),
  );

  it.each(combinations)(
    'never looks better than run $run, stage $stage, verdicts $held',
    ({ run, stage, held }) => {
      const cases = reportCases(inputOf(run, stage, held));
      expect(cases.length).toBeGreaterThan(0);
      const worst = Math.max(...cases.map(({ outcome }) => OUTCOME_RANK[outcome]));
      const expected = Math.max(...[run, stage, ...held].map((outcome) => OUTCOME_RANK[outcome]));
      expect(worst).toBeGreaterThanOrEqual(expected);
      const green = worst === OUTCOME_RANK.pass;
      if (green) expect(held).toContain('pass');
    },
  );

  it.each<Outcome>(['pass', 'skip'])(
    'turns exit code 3 of a run that is called %s into an unknown case',
    (outcome) => {
      const cases = reportCases({ ...inputOf(outcome, 'pass', ['pass']), exitCode: 3 });
      expect(countCases(cases)).toMatchObject({ unknown: 1, pass: 1 });
    },
  );

  it('says that nothing ran when nothing ran', () => {
    const cases = reportCases({ ...inputOf('pass', 'pass', []), stages: [] });
    expect(cases.map(({ name, outcome }) => ({ name, outcome }))).toEqual([
      { name: 'gate produced no verdict', outcome: 'unknown' },
    ]);
  });

  it('adds nothing to a run whose verdicts say it all', () => {
    expect(reportCases(inputOf('fail', 'fail', ['pass', 'fail']))).toHaveLength(2);
    expect(reportCases(inputOf('pass', 'pass', ['pass', 'skip']))).toHaveLength(2);
  });
});

describe('renderTap', () => {
  it('makes a failing stream of no cases at all', () => {
    expect(renderTap([])).toMatch(/^TAP version 13\n1\.\.1\n# \{\}\nnot ok 1 - gate produced no verdict\n/);
  });
});

function subsets(): Outcome[][] {
  return Array.from({ length: 2 ** OUTCOMES.length }, (_, bits) =>
    OUTCOMES.filter((_outcome, index) => (bits >> index) & 1),
  );
}

function inputOf(outcome: Outcome, ofStage: Outcome, held: Outcome[]): RunSummaryInput {
  const startedAt = '2026-11-20T08:00:00.000Z';
  const name: StageName = 'soak';
  const verdicts = held.map((one) =>
    createVerdict({ stage: name, check: 'a-check', subject: one, outcome: one, message: one, startedAt }),
  );
  return {
    header: {
      runId: 'a-run',
      command: 'gate',
      argv: [],
      seed: 1,
      tool: { name: 'shakedown', version: '0.1.0' },
      node: { version: 'v24.0.0' },
      host: { name: 'a-host', platform: 'linux', release: '6', arch: 'x64' },
    },
    stages: [{ name, outcome: ofStage, verdicts, durationMs: 1 }],
    outcome,
    exitCode: outcome === 'pass' ? 0 : outcome === 'fail' ? 1 : 3,
    startedAt,
    durationMs: 1,
  };
}
