/** Findings as single lines: every one is there, on one line, and nothing in a message ends a command early. */
import { expect, it } from 'vitest';
import { readInput } from './golden-runs.ts';
import { createVerdict } from '../../harness/verdict.ts';
import { renderAnnotations, renderUnix } from '../../harness/renderers/lines.ts';
import { findingsOf } from '../../harness/renderers/summary.ts';
import { reportCases, type RunSummaryInput } from '../../harness/renderers/run-report.ts';

function runOf(verdicts: RunSummaryInput['stages'][number]['verdicts']): RunSummaryInput {
  const stages = [{ name: 'source' as const, outcome: 'fail' as const, verdicts, durationMs: 1 }];
  return { ...readInput('mixed'), stages, outcome: 'fail', exitCode: 1 };
}

it.each(['mixed', 'hostile', 'empty', 'interrupted'] as const)(
  'the run "%s" has a line for each finding',
  (spec) => {
    const input = readInput(spec);
    const lines = renderUnix(input, 'packages/api').split('\n').slice(0, -1);
    expect(lines).toHaveLength(findingsOf(reportCases(input)).length);
    for (const line of lines) expect(line).toMatch(/^[^:]+:\d+:\d+: (error|warning) .*\[[^\]]*\]$/);
  },
);

it('places stand relative to where the reader is', () => {
  const input = readInput('mixed');
  expect(renderUnix(input, '')).toMatch(/^src\/poller\.ts:14:18: error timer set/);
  expect(renderUnix(input, '../api')).toMatch(/^\.\.\/api\/src\/poller\.ts:14:18: /);
});

it('an annotation is escaped as the runner undoes it', () => {
  const verdict = createVerdict({
    stage: 'source',
    check: 'timer-cleared',
    subject: 'x',
    outcome: 'fail',
    message: '100% of 3, and: more',
    fix: 'do\nthat',
    location: { file: 'src/a,b:c%.ts', line: 3, column: 4 },
    startedAt: '2026-11-20T08:00:00.000Z',
  });
  expect(renderAnnotations(runOf([verdict]), 'packages/api/')).toBe(
    '::error file=packages/api/src/a%2Cb%3Ac%25.ts,line=3,col=4,title=source/timer-cleared::100%25 of 3, and: more%0Afix: do that\n',
  );
});

it('no more annotations than GitHub shows, and the rest counted', () => {
  const verdicts = Array.from({ length: 40 }, (_, index) =>
    createVerdict({
      stage: 'source',
      check: 'timer-cleared',
      subject: `subject ${index}`,
      outcome: index < 25 ? 'fail' : 'unknown',
      message: 'seen',
      startedAt: '2026-11-20T08:00:00.000Z',
    }),
  );
  const lines = renderAnnotations(runOf(verdicts), '').trimEnd().split('\n');
  const count = (start: string): number => lines.filter((line) => line.startsWith(start)).length;
  expect([count('::error '), count('::warning '), count('::notice ')]).toEqual([10, 10, 1]);
  expect(lines.at(-1)).toContain('20 more findings');
});
