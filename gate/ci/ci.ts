/**
 * Everything that CI runs, part after part, whatever became of the one before; the last line is `N passed, N failed`.
 * `npm run ci`, or `npm run ci -- 'npm test' 'machine test'`, as `.ci/run` calls it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addUp, type PartResult } from './count.ts';
import { ciParts, type Part } from './parts.ts';
import { runPart } from './run-part.ts';

/** Runs the parts and prints what became of them. @returns the exit code. */
export async function runParts(parts: readonly Part[], signal: AbortSignal): Promise<number> {
  const results: PartResult[] = [];
  for (const part of parts) {
    print(`\n=== ${part.name}: ${part.command.join(' ')}`);
    results.push(await runPart(part, signal, print));
  }
  print('');
  for (const result of results) tell(result);
  const { line, exitCode } = addUp(results);
  print(line);
  return exitCode;
}

function tell({ name, passed, failed, skipped, exitCode, durationMs, notes }: PartResult): void {
  const how = exitCode === undefined ? 'not started' : `exit ${exitCode}`;
  print(
    `${name}: ${how}, ${(durationMs / 60_000).toFixed(1)} min: ${passed} passed, ${failed} failed, ${skipped} skipped`,
  );
  for (const note of notes) print(`  ${note}`);
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

async function main(): Promise<number> {
  const interruption = new AbortController();
  let interruptedBy: number | undefined;
  const interrupt = (signal: NodeJS.Signals): void => {
    interruptedBy ??= signal === 'SIGINT' ? 130 : 143;
    interruption.abort();
  };
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt);
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-ci-'));
  try {
    const exitCode = await runParts(chosen(ciParts(folder), process.argv.slice(2)), interruption.signal);
    return interruptedBy ?? exitCode;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The parts that are named, in their order; all without a name. @throws when there is no such part. */
export function chosen(parts: readonly Part[], names: readonly string[]): readonly Part[] {
  const strange = names.find((name) => !parts.some((part) => part.name === name));
  if (strange !== undefined)
    throw new Error(
      `there is no part "${strange}"; expected some of ${parts.map(({ name }) => name).join(', ')}`,
    );
  return names.length === 0 ? parts : parts.filter(({ name }) => names.includes(name));
}

if (import.meta.main) process.exitCode = await main();
