/** What `writeReports` does when the world or its input is against it: told, never swallowed, never green. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMask } from '../../harness/mask.ts';
import type { RunSummaryInput } from '../../harness/renderers/run-report.ts';
import type { RunSummary } from '../../harness/renderers/summary.ts';
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import { readInput } from './golden-runs.ts';
import { writeReports } from './write-reports.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shakedown-reports-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const summaryIn = (path: string): RunSummary =>
  JSON.parse(readFileSync(join(path, 'summary.json'), 'utf8')) as RunSummary;

describe('writeReports', () => {
  it('tells of a folder it cannot write to, and does not call the run passed', async () => {
    const blocked = join(folder, 'a-file');
    writeFileSync(blocked, '');
    const written = await writeReports(readInput('all-pass'), join(blocked, 'reports'));
    expect(written.problems.join('\n')).toMatch(/could not be written: E(NOTDIR|EXIST)/);
    expect(written).toMatchObject({ files: {}, outcome: 'unknown', exitCode: 3 });
  });

  it('leaves no report of an earlier run behind, and tells which one it could not write', async () => {
    await writeReports(readInput('all-pass'), folder);
    rmSync(join(folder, 'junit.xml'));
    // A folder in the place of the report: neither removed as a file nor written over.
    mkdirSync(join(folder, 'junit.xml', 'inside'), { recursive: true });
    const written = await writeReports(readInput('mixed'), folder);
    expect(written.problems.join('\n')).toMatch(/junit\.xml/);
    expect(written.exitCode).toBe(1);
    expect(written.files).not.toHaveProperty('junit');
    for (const name of ['junit-annotated.xml', 'results.tap']) {
      expect(readFileSync(join(folder, name), 'utf8')).toContain('cycle 2 of 2');
    }
    expect(summaryIn(folder)).toMatchObject({ outcome: 'fail', runId: readInput('mixed').header.runId });
    expect(summaryIn(folder).problems.length).toBeGreaterThan(0);
  });

  it('makes a pass unknown when the conversion fails, in the summary and in the JUnit reports too', async () => {
    const written = await writeReports(readInput('all-pass'), folder, { convertWithinMs: 1 });
    expect(written).toMatchObject({ outcome: 'unknown', exitCode: 3 });
    expect(summaryIn(folder)).toMatchObject({ outcome: 'unknown', exitCode: 3, problems: written.problems });
    for (const name of ['junit.xml', 'junit-annotated.xml']) {
      expect(readFileSync(join(folder, name), 'utf8')).toMatch(/<error type="unknown" message="tap-junit/);
    }
  });

  it('leaves nothing but the reports in the folder', async () => {
    await writeReports(readInput('mixed'), folder);
    expect(readdirSync(folder).sort()).toEqual([
      'junit-annotated.xml',
      'junit.xml',
      'results.sarif',
      'results.tap',
      'summary.json',
    ]);
  });

  it.each<[string, Partial<RunSummaryInput>, RegExp]>([
    [
      'a pass with a failed verdict',
      { outcome: 'pass', exitCode: 0 },
      /the run is called pass .* but its cases hold fail/,
    ],
    ['exit code 0 with a failure', { exitCode: 0 }, /exit code 0 with outcome fail/],
    ['an unknown run with a failed verdict', { outcome: 'unknown', exitCode: 3 }, /cases hold fail/],
    [
      'a stage that is called better than its verdicts',
      { stages: readInput('mixed').stages.map((stage) => ({ ...stage, outcome: 'pass' as const })) },
      /the stage source is called pass, but its verdicts hold fail/,
    ],
  ])('names %s as a contradiction', async (_what, change, problem) => {
    const written = await writeReports({ ...readInput('mixed'), ...change }, folder);
    expect(written.problems.join('\n')).toMatch(problem);
    expect(written.exitCode).not.toBe(0);
    expect(summaryIn(folder)).toMatchObject({ exitCode: written.exitCode, problems: written.problems });
  });

  it('does not call a run passed whose own problems were handed in', async () => {
    const written = await writeReports(
      { ...readInput('all-pass'), problems: ['verdicts.ndjson is cut off'] },
      folder,
    );
    expect(written).toMatchObject({ problems: [], outcome: 'unknown', exitCode: 3 });
    expect(summaryIn(folder)).toMatchObject({ exitCode: 3, problems: ['verdicts.ndjson is cut off'] });
  });

  it('masks secrets in every report', async () => {
    const mask = createMask({ DATABASE_PASSWORD: 'hunter2-hunter2' });
    const [stage] = readInput('mixed').stages.slice(1, 2);
    const verdicts =
      stage?.verdicts.map((one) => ({ ...one, message: `${one.message} hunter2-hunter2` })) ?? [];
    const input = { ...readInput('mixed'), stages: [{ ...stage!, verdicts }] };
    await writeReports(input, folder, { mask });
    for (const name of readdirSync(folder)) {
      expect(readFileSync(join(folder, name), 'utf8')).not.toContain('hunter2');
    }
  });

  it('carries any text through TAP and tap-junit unchanged', async () => {
    const input = readInput('all-pass');
    const verdicts = hostileVerdicts(400, 20261123);
    const stages = [{ name: 'source' as const, outcome: 'fail' as const, durationMs: 1, verdicts }];
    const written = await writeReports({ ...input, stages, outcome: 'fail', exitCode: 1 }, folder);
    expect(written.problems).toEqual([]);
    expect(summaryIn(folder).counts.pass).toBe(100);
  });
});

/** Characters and words that some format or other treats specially, by kind. */
const PIECES = [
  ...[
    '#',
    '\\',
    ' ',
    ' # SKIP ',
    '# TODO',
    '{',
    '}',
    '...',
    '---',
    '- ',
    'ok 1',
    'Bail out!',
    '1..0',
    'time=5ms',
  ],
  ...['&', '&amp;', '&#', '1;', 'x1f;', 'lt;', ']]>', '<', '>', '"', "'", 'null', '!!js', '%', ': ', '`'],
  ...[
    '\n',
    '\r',
    '\t',
    '\u0000',
    '\u001b[',
    '31m',
    '\u2028',
    '\ufffe',
    '\ud83d',
    '\ude00',
    '🙂',
    '\u00a0',
    '\ufffd',
  ],
];

/** Verdicts made of the characters that some format or other treats specially. */
function hostileVerdicts(count: number, seed: number): Verdict[] {
  let state = seed;
  const next = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const text = (): string => Array.from({ length: next(12) }, () => PIECES[next(PIECES.length)]).join('');
  const outcomes = ['fail', 'unknown', 'pass', 'skip'] as const;
  return Array.from({ length: count }, (_, index) => {
    const outcome = outcomes[index % 4] ?? 'fail';
    const more = { fix: text(), evidence: [text()], location: { file: text(), line: 1, column: 1 } };
    const startedAt = '2026-11-20T08:00:01.000Z';
    return {
      ...createVerdict({
        stage: 'source',
        check: text(),
        subject: text(),
        outcome,
        message: '',
        startedAt,
        ...more,
      }),
      message: text(),
    };
  });
}
