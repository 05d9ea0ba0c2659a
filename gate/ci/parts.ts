/** The parts of CI in their order: what is run, for how long at most, and where its count is found. Called by `ci.ts`. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunSummary } from '../../harness/renderers/summary.ts';
import { countOfSummary, type Count } from './count.ts';

export interface Part {
  name: string;
  command: readonly string[];
  environment?: Record<string, string>;
  withinMs: number;
  /** Where its count is when it does not end with a line of it. */
  count?: () => Count | undefined;
  /** Why it is not started, asked when its turn has come. `declared`: that was said beforehand, and is no failure. */
  withheld?: () => { why: string; declared: boolean } | undefined;
}

/** Tests that boot machines; `npm test` skips them. */
export const MACHINE_TESTS = [
  'deployment/machine/machine.boot.test.ts',
  'deployment/machine/machine.killed.test.ts',
  'deployment/supervisor/journal.losses.test.ts',
  'deployment/supervisor/systemd.contract.test.ts',
  'gate/target/deployed-service.machine.test.ts',
  'gate/target/gate-target.machine.test.ts',
  'gate/watch/unit.machine.test.ts',
];

const MINUTE_MS = 60_000;

/** @param folder an empty one, for reports. */
export function ciParts(folder: string): Part[] {
  return [
    { name: 'npm test', command: ['npm', 'test'], withinMs: 50 * MINUTE_MS },
    {
      name: 'machine test',
      command: ['npm', 'run', '--silent', 'machine', '--', ...machineTest(folder)],
      withinMs: 20 * MINUTE_MS,
      count: () => {
        const summary = readSummary(folder);
        return summary === undefined ? undefined : countOfSummary(summary);
      },
    },
    {
      name: 'tests on machines',
      command: ['npx', '--no-install', 'vitest', 'run', ...MACHINE_TESTS],
      environment: { MACHINE_TESTS: 'yes' },
      withinMs: 12 * MINUTE_MS,
      withheld: () => whyNoMachine(readSummary(folder)),
    },
  ];
}

const machineTest = (folder: string): string[] => ['test', '--suite', 'bookworm', '--output', folder];

/** The machine test tries first whether a machine can be had, and whether that was declared. */
export function whyNoMachine(
  summary: Pick<RunSummary, 'stages' | 'exitCode'> | undefined,
): { why: string; declared: boolean } | undefined {
  if (summary === undefined)
    return { why: 'the machine test did not tell whether there is a machine', declared: false };
  const up = summary.stages.find(({ name }) => name === 'deployment')?.checks['machine-up']?.counts;
  if (up !== undefined && up.pass > 0) return undefined;
  return summary.exitCode === 0
    ? { why: 'there is no machine here, as declared (see the machine test)', declared: true }
    : { why: 'there is no machine here, and that is not declared (see the machine test)', declared: false };
}

function readSummary(folder: string): RunSummary | undefined {
  const path = join(folder, 'summary.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as RunSummary) : undefined;
}
