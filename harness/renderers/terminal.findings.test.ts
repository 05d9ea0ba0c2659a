import { describe, expect, it } from 'vitest';
import { createVerdict, type Verdict } from '../verdict.ts';
import { contradictions, type RunSummaryInput } from './run-report.ts';
import { renderTerminal, type TerminalOptions } from './terminal.ts';

const RUN_FOLDER = 'runs/20261120T080000Z-gate';
const plain: TerminalOptions = { colour: false, sourceOf: () => undefined, runFolder: RUN_FOLDER };

describe('renderTerminal', () => {
  it('does not call a run passed whose reports have a problem', () => {
    const text = renderTerminal(inputOf([verdict('pass', 'a')], 'pass', 0), {
      ...plain,
      problems: ['tap-junit wrote no XML'],
    });
    expect(text).toContain('? tap-junit wrote no XML');
    expect(text.trimEnd().split('\n').at(-1)).toBe(
      `gate: UNKNOWN (0 failed, 0 unknown, 1 passed, 0 skipped) in 34.1 s; run ${RUN_FOLDER}; exit 3`,
    );
  });

  it('names a problem once that several parts of the gate have found', () => {
    const input = {
      ...inputOf([verdict('fail', 'a')], 'pass', 0),
      problems: ['exit code 0 with outcome pass'],
    };
    const text = renderTerminal(input, plain);
    const again = renderTerminal(input, { ...plain, problems: contradictions(input) });
    expect(text).toContain('the run is called pass (exit 0), but its cases hold fail');
    expect(again).toBe(text);
  });

  it('shows fifty findings in full, failed before unknown, and names every other', () => {
    const verdicts = Array.from({ length: 60 }, (_, index) =>
      verdict(index % 2 === 0 ? 'unknown' : 'fail', `subject-${index}`),
    );
    const text = renderTerminal(inputOf(verdicts, 'fail', 1), plain);
    expect(text.match(/seen at/g)).toHaveLength(50);
    expect(text).toContain(`10 more, in full in ${RUN_FOLDER}/summary.json:`);
    for (const { subject } of verdicts) expect(text).toMatch(new RegExp(`\\b${subject}\\n`));
    expect(text.lastIndexOf('✖ FAIL soak/')).toBeLessThan(text.indexOf('? UNKNOWN soak/'));
  });

  it('says so when the source has changed since', () => {
    const location = { file: 'src/a.ts', line: 9, column: 1 };
    const text = renderTerminal(inputOf([{ ...verdict('fail', 'a'), location }], 'fail', 1), {
      ...plain,
      sourceOf: () => 'short',
    });
    expect(text).toContain('src/a.ts:9:1\n  (the file has no line 9 any more)');
  });

  it('lets nothing through that steers a terminal', () => {
    const evil = '\u001b[2J\u001b]0;owned\u0007\rok';
    const one: Verdict = {
      ...verdict('fail', evil),
      message: evil,
      fix: evil,
      evidence: [evil],
      check: evil,
    };
    const located = {
      ...one,
      location: { file: evil, line: 1, column: 1 },
      path: [{ location: { file: evil, line: 1, column: 1 }, note: evil }],
    };
    const text = renderTerminal(inputOf([located, { ...one, outcome: 'skip' }], 'fail', 1), {
      ...plain,
      sourceOf: () => evil,
      problems: [evil],
    });
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});

function verdict(outcome: Verdict['outcome'], subject: string): Verdict {
  const startedAt = '2026-11-20T08:00:00.000Z';
  return createVerdict({
    stage: 'soak',
    check: 'a-check',
    subject,
    outcome,
    message: `seen at ${outcome}`,
    startedAt,
  });
}

function inputOf(verdicts: Verdict[], outcome: 'pass' | 'fail', exitCode: number): RunSummaryInput {
  return {
    header: {
      runId: '20261120T080000Z-gate',
      command: 'gate',
      argv: [],
      seed: 1,
      tool: { name: 'shakedown', version: '0.1.0' },
      node: { version: 'v24.0.0' },
      host: { name: 'a-host', platform: 'linux', release: '6', arch: 'x64' },
    },
    stages: [{ name: 'soak', outcome, verdicts, durationMs: 1 }],
    outcome,
    exitCode,
    startedAt: '2026-11-20T08:00:00.000Z',
    durationMs: 34_120,
  };
}
