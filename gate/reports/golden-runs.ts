/** The golden runs under `fixtures/reports/`, for the tests beside this file. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SarifOptions } from '../../harness/renderers/sarif.ts';
import type { RunSummaryInput } from '../../harness/renderers/run-report.ts';

export const REPORTS_FIXTURES = join(import.meta.dirname, '../../fixtures/reports');

/** Every golden run; its expected reports are named `spec.exit.format`. */
export const SPECS = [
  'all-pass',
  'mixed',
  'hostile',
  'only-skips',
  'empty',
  'interrupted',
  'adopted',
] as const;

/** What the golden reports know of the project. */
export const PROJECT: SarifOptions = {
  checks: [
    {
      id: 'timer-cleared',
      title: 'every timer is cleared on the shutdown path',
      why: 'A timer that is left keeps the process alive until it is *killed*.',
      fix: 'keep the handle and call `clearInterval` in the stop',
      messages: { neverCleared: 'timer set in {where} is never cleared; call `clearInterval(handle)`' },
    },
  ],
  prefix: 'packages/poller service/',
  projectFile: 'package.json',
  sourceOf: (file) =>
    file === 'src/poller.ts' ? readFileSync(join(REPORTS_FIXTURES, 'poller.ts.txt'), 'utf8') : undefined,
};

export function readInput(spec: (typeof SPECS)[number]): RunSummaryInput {
  return JSON.parse(readFileSync(join(REPORTS_FIXTURES, `${spec}.input.json`), 'utf8')) as RunSummaryInput;
}
