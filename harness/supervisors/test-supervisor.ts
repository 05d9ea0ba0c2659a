/** Supervisors for tests: over a service of `fixtures/services`, writing into a temporary folder. Tests only. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../config.ts';
import type { UserConfig } from '../config.ts';
import { createMask } from '../mask.ts';
import type { Mask } from '../mask.ts';
import type { StageFiles } from '../stage.ts';
import { readStat } from './proc.ts';
import { createProcessSupervisor } from './process.ts';
import type { Supervisor } from './supervisor.ts';

export const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface TestSupervisor {
  supervisor: Supervisor;
  runMark: string;
  /** Whether a process runs where the service does. */
  isRunning(pid: number): boolean | Promise<boolean>;
  /** What has reached the run's log. */
  log(): string;
  /** Disposes of the supervisor and removes the folder. */
  end(): Promise<void>;
}

/** A supervisor over `fixtures/services/FILE`, or over another command. */
export function superviseFixture(
  file: string,
  changes: Partial<NonNullable<UserConfig['service']>> = {},
): TestSupervisor {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  const { service, secrets } = configSchema.parse({
    service: {
      command: ['node', `fixtures/services/${file}`],
      env: { PORT: '{port}' },
      readiness: { http: '/health' },
      ...changes,
    },
  });
  if (service === undefined) throw new Error('the configuration lost its service');
  const mask = createMask({}, secrets);
  const files = testFiles(folder, mask);
  const runMark = `test-${process.pid}-${Math.random().toString(16).slice(2)}`;
  const supervisor = createProcessSupervisor(
    {
      config: { secrets },
      projectRoot: REPOSITORY,
      files,
      runMark,
      serviceEnvironment: { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` },
      conceal: (value) => mask.add(value),
    },
    service,
  );
  return {
    supervisor,
    runMark,
    isRunning: (pid) => readStat(pid) !== undefined,
    log: () => readFileSync(join(folder, 'service.log'), 'utf8'),
    end: async () => {
      await supervisor.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Files of a stage in a temporary folder. */
export function testFiles(folder: string, mask: Mask = createMask({}, [])): StageFiles {
  return {
    folder,
    evidence: (name) => name,
    appendLine: (name, value) => appendFileSync(join(folder, name), `${JSON.stringify(value)}\n`),
    appendText: (name, text) => appendFileSync(join(folder, name), mask.text(text)),
    write: () => undefined,
  };
}
