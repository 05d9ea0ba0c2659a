/** A stage context for tests: a temporary folder, a plain writer, the environment of this process. Tests only. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../harness/config.ts';
import type { Config, UserConfig } from '../harness/config.ts';
import { createMask } from '../harness/mask.ts';
import type { StageContext, StageFiles } from '../harness/stage.ts';
import type { Verdict } from '../harness/verdict.ts';

/** Root of the repository: paths of fixtures start here. */
export const REPOSITORY = dirname(dirname(fileURLToPath(import.meta.url)));

export interface TestContext extends StageContext {
  verdicts: Verdict[];
  abort(): void;
  /** Removes the folder. */
  remove(): void;
}

/** A context over a configuration; everything written passes a mask, as in a run. */
export function createTestContext(user: UserConfig): TestContext {
  const config: Config = configSchema.parse(user);
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  const mask = createMask({}, config.secrets);
  const abort = new AbortController();
  const verdicts: Verdict[] = [];
  return {
    config,
    projectRoot: REPOSITORY,
    files: createFiles(folder, mask),
    progress: { note: () => undefined, status: () => undefined },
    signal: abort.signal,
    seed: 1,
    runMark: `test-${process.pid}-${Math.random().toString(16).slice(2)}`,
    serviceEnvironment: { PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ''}` },
    conceal: (value) => mask.add(value),
    verdict: (verdict) => verdicts.push(verdict),
    verdicts,
    abort: () => abort.abort(),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function createFiles(folder: string, mask: ReturnType<typeof createMask>): StageFiles {
  return {
    folder,
    evidence: (file) => `stages/soak/${file}`,
    appendLine: (file, value) => appendFileSync(join(folder, file), `${JSON.stringify(mask.json(value))}\n`),
    appendText: (file, text) => appendFileSync(join(folder, file), mask.text(text)),
    write: (file, text) => writeFileSync(join(folder, file), mask.text(text)),
  };
}

/** The configuration that runs a misbehaving service of `fixtures/services`. */
export function fixtureConfig(file: string, changes: Partial<UserConfig> = {}): UserConfig {
  return {
    service: {
      command: ['node', `fixtures/services/${file}`],
      env: { PORT: '{port}' },
      readiness: { http: '/health' },
      readyWithinMs: 3_000,
      exitWithinMs: 2_000,
    },
    soak: {
      cycles: 2,
      settleWithinMs: 1_500,
      load: {
        requestsPerSecond: 200,
        beforeStopMs: 150,
        timeoutMs: 1_500,
        connections: 8,
        requests: [{ path: '/health' }, { path: '/work' }],
      },
    },
    ...changes,
  };
}
