/** The golden runs under `fixtures/reports/`, for the tests beside this file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunSummaryInput } from '../../harness/renderers/run-report.ts';

export const REPORTS_FIXTURES = join(import.meta.dirname, '../../fixtures/reports');

/** Every golden run; its expected reports are named `spec.exit.format`. */
export const SPECS = ['all-pass', 'mixed', 'hostile', 'only-skips', 'empty', 'interrupted'] as const;

export function readInput(spec: (typeof SPECS)[number]): RunSummaryInput {
  return JSON.parse(readFileSync(join(REPORTS_FIXTURES, `${spec}.input.json`), 'utf8')) as RunSummaryInput;
}
