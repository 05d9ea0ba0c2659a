/** Every report of every golden run, compared whole. `SHAKEDOWN_WRITE_GOLDEN=1` writes the expected files anew. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { renderTerminal } from '../../harness/renderers/terminal.ts';
import { PROJECT, readInput, REPORTS_FIXTURES, SPECS } from './golden-runs.ts';
import { REPORT_FILES, writeReports } from './write-reports.ts';

const scratch = mkdtempSync(join(tmpdir(), 'shakedown-golden-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const ENDINGS = {
  tap: 'tap',
  junit: 'junit.xml',
  junitAnnotated: 'junit-annotated.xml',
  sarif: 'sarif',
  summary: 'summary.json',
} as const satisfies Record<keyof typeof REPORT_FILES, string>;

describe.each(SPECS)('the reports of the run "%s"', (spec) => {
  const input = readInput(spec);

  it('are the expected ones, written without a problem', async () => {
    const folder = join(scratch, spec);
    const written = await writeReports(input, folder, { project: PROJECT });
    expect(written.problems).toEqual([]);
    expect({ outcome: written.outcome, exitCode: written.exitCode }).toEqual({
      outcome: input.outcome,
      exitCode: input.exitCode,
    });
    expect(readdirSync(folder).sort()).toEqual(Object.values(REPORT_FILES).sort());
    for (const [format, ending] of Object.entries(ENDINGS)) {
      const path = written.files[format as keyof typeof ENDINGS];
      compare(`${spec}.${input.exitCode}.${ending}`, readFileSync(path ?? '', 'utf8'));
    }
  });

  it('look as expected in a terminal, and the same without colour', () => {
    const render = (colour: boolean): string =>
      renderTerminal(input, {
        colour,
        runFolder: `runs/${input.header.runId}`,
        sourceOf: PROJECT.sourceOf,
      });
    compare(`${spec}.${input.exitCode}.terminal.txt`, render(false));
    expect(render(false)).not.toMatch(/\u001b/);
    expect(render(true)).toMatch(/\u001b\[3[123]m/);
    expect(render(true).replace(/\u001b\[\d+m/g, '')).toBe(render(false));
    expect(render(false).trimEnd().split('\n').at(-1)).toMatch(new RegExp(`; exit ${input.exitCode}$`));
  });
});

function compare(name: string, actual: string): void {
  const path = join(REPORTS_FIXTURES, name);
  if (process.env['SHAKEDOWN_WRITE_GOLDEN'] === '1') writeFileSync(path, actual);
  expect(actual, name).toBe(readFileSync(path, 'utf8'));
}
