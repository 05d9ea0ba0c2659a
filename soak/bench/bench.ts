/**
 * `npm run bench`: what a restart costs through the supervisor, side by side with the bare one, and how fast a log is
 * scanned. Prints a table; exits 0 whatever it measures. Bounded: `--cycles N` (40), about 20 s.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { configSchema } from '../../harness/config.ts';
import { deadlineIn } from '../../harness/deadline.ts';
import { findFreePort } from '../../harness/supervisors/ports.ts';
import { createProcessSupervisor } from '../../harness/supervisors/process.ts';
import type { Supervisor } from '../../harness/supervisors/supervisor.ts';
import { scanLog } from '../log-scan.ts';
import { runRestartLoop } from '../scenarios/restart-loop.ts';
import type { ScenarioContext } from '../scenarios/scenario.ts';
import { REPOSITORY, createTestContext, fixtureConfig } from '../test-context.ts';
import type { TestContext } from '../test-context.ts';

const SERVICE = join(REPOSITORY, 'fixtures/services/healthy.js');
const MAX_CYCLES = 200;
const SCAN_BYTES = 100 * 1024 * 1024;
const CYCLE_TIMEOUT_MS = 10_000;

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { cycles: { type: 'string', default: '40' } } });
  const cycles = Math.min(MAX_CYCLES, Math.max(1, Number.parseInt(values.cycles, 10) || 1));
  const context = createTestContext(fixtureConfig('healthy.js'));
  try {
    const times = await measureCycles(context, cycles);
    const bare = median(times.bare);
    for (const [name, all] of Object.entries(times)) {
      const factor = `${(median(all) / bare).toFixed(2)} x`;
      print([name, `${median(all).toFixed(1)} ms`, `${quantile(all, 0.1).toFixed(1)} ms`, factor]);
    }
    print(['log scan', `${(await measureScan()).toFixed(0)} MB/s`, '', '']);
  } finally {
    context.remove();
  }
}

/** One of each kind after the other, so that a noisy moment meets all of them. */
async function measureCycles(
  context: TestContext,
  cycles: number,
): Promise<Record<'bare' | 'supervisor' | 'evidence', number[]>> {
  const times = { bare: [] as number[], supervisor: [] as number[], evidence: [] as number[] };
  const { service } = context.config;
  if (service === undefined) throw new Error('the fixture has no service');
  const port = await findFreePort('127.0.0.1');
  const supervisor = createProcessSupervisor(context, service);
  const scenario = scenarioOf(context, supervisor);
  print(['cycle', 'median', 'p10', 'of bare']);
  try {
    await superviseOnce(supervisor);
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      times.bare.push(await timed(() => runBare(port)));
      times.supervisor.push(await timed(() => superviseOnce(supervisor)));
      times.evidence.push(await timed(() => runRestartLoop(scenario)));
    }
  } finally {
    await supervisor.dispose();
  }
  return times;
}

async function runBare(port: number): Promise<void> {
  const child = spawn(process.execPath, [SERVICE], { env: { PORT: String(port) }, stdio: 'ignore' });
  const exited = once(child, 'exit', { signal: AbortSignal.timeout(CYCLE_TIMEOUT_MS) });
  for (let delayMs = 1; !(await answers(port)); delayMs = Math.min(20, delayMs * 1.25)) await pause(delayMs);
  child.kill('SIGTERM');
  await exited;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/health', agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode === 200));
    });
    request.once('error', () => resolve(false));
  });
}

async function superviseOnce(supervisor: Supervisor): Promise<void> {
  const deadline = deadlineIn(CYCLE_TIMEOUT_MS, 'a cycle of the benchmark');
  const instance = await supervisor.start({ portProved: true });
  const readiness = await instance.ready(deadline);
  if (readiness.kind !== 'ready') throw new Error(readiness.reason);
  await instance.signal('SIGTERM');
  const ended = await instance.exited(deadline);
  if (ended.kind !== 'exited') throw new Error(ended.reason);
}

/** The restart loop with all its evidence, one cycle, without load. */
function scenarioOf(context: TestContext, supervisor: Supervisor): ScenarioContext {
  const { service } = context.config;
  if (service === undefined) throw new Error('the fixture has no service');
  return {
    supervisor,
    service,
    load: false,
    identities: {},
    conceal: () => undefined,
    cycles: 1,
    settleWithinMs: 3_000,
    portFreeWithinMs: 2_000,
    seed: 1,
    recorder: { observe: (fact) => context.files.appendLine('observations.ndjson', fact) },
    progress: context.progress,
    signal: context.signal,
  };
}

/** A log as pino writes it, one forbidden line in ten thousand. */
async function measureScan(): Promise<number> {
  const lines = Array.from({ length: 10_000 }, (_, index) =>
    index === 5_000
      ? '(node:1) MaxListenersExceededWarning: Possible EventEmitter memory leak detected.'
      : `{"level":30,"time":${1_700_000_000_000 + index},"pid":4242,"hostname":"h","reqId":"req-${index}","req":{"method":"GET","url":"/api/prices/${index}"},"msg":"incoming request"}`,
  );
  const block = Buffer.from(`${lines.join('\n')}\n`);
  async function* chunks(): AsyncGenerator<Buffer> {
    for (let sent = 0; sent < SCAN_BYTES; sent += block.length) {
      for (let at = 0; at < block.length; at += 256 * 1024) yield block.subarray(at, at + 256 * 1024);
    }
  }
  const startedAt = performance.now();
  const scan = await scanLog('bench.log', chunks(), configSchema.parse({}).logs);
  const seconds = (performance.now() - startedAt) / 1_000;
  if (scan.counts['listener-leak'] !== Math.ceil(SCAN_BYTES / block.length))
    throw new Error('the scan missed lines');
  return scan.bytes / 1024 / 1024 / seconds;
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

function print(cells: string[]): void {
  console.log(cells.map((cell, index) => (index === 0 ? cell.padEnd(12) : cell.padStart(12))).join(''));
}
