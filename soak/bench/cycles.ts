/**
 * What a restart costs: bare, through the supervisor, with the evidence that is seen from outside, and with the probe inside.
 * Measured by `npm run bench:soak`, side by side.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { deadlineIn } from '../../harness/deadline.ts';
import { findFreePort } from '../../harness/supervisors/ports.ts';
import { createProcessSupervisor } from '../../harness/supervisors/process.ts';
import type { Supervisor } from '../../harness/supervisors/supervisor.ts';
import { insideOf } from '../inside/inside-of.ts';
import { runRestartLoop } from '../scenarios/restart-loop.ts';
import type { ScenarioContext } from '../scenarios/scenario.ts';
import { REPOSITORY } from '../test-context.ts';
import type { TestContext } from '../test-context.ts';

const SERVICE = join(REPOSITORY, 'fixtures/services/healthy.js');
const CYCLE_TIMEOUT_MS = 10_000;

/** `bare`: spawn, poll, SIGTERM, exit. `supervisor`: timing and exit. `evidence`: all that is seen from outside. */
export const CYCLE_KINDS = ['bare', 'supervisor', 'evidence', 'inside'] as const;
export type CycleKind = (typeof CYCLE_KINDS)[number];

/** One of each kind after the other, so that a noisy moment meets all of them. */
export async function measureCycles(
  context: TestContext,
  cycles: number,
): Promise<Record<CycleKind, number[]>> {
  const { service } = context.config;
  if (service === undefined) throw new Error('the fixture has no service');
  const port = await findFreePort('127.0.0.1');
  const supervisor = createProcessSupervisor(context, service);
  const scenario = evidenceScenario(context, supervisor);
  const inside = { ...scenario, ...insideOf(context, service) };
  const run = {
    bare: () => runBare(port),
    supervisor: () => superviseOnce(supervisor),
    evidence: () => runRestartLoop(scenario),
    inside: () => runRestartLoop(inside),
  } satisfies Record<CycleKind, () => Promise<void>>;
  const times: Record<CycleKind, number[]> = { bare: [], supervisor: [], evidence: [], inside: [] };
  try {
    await superviseOnce(supervisor);
    for (let cycle = 0; cycle < cycles; cycle += 1)
      for (const kind of CYCLE_KINDS) times[kind].push(await timed(run[kind]));
  } finally {
    await supervisor.dispose();
  }
  return times;
}

async function runBare(port: number): Promise<void> {
  const child = spawn(process.execPath, [SERVICE], { env: { PORT: String(port) }, stdio: 'ignore' });
  const exited = once(child, 'exit', { signal: AbortSignal.timeout(CYCLE_TIMEOUT_MS) });
  for (let delayMs = 1; !(await answers(port)); delayMs = Math.min(20, delayMs * 1.06)) await pause(delayMs);
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

/** The restart loop with all that is seen from outside, one cycle, without load. */
export function evidenceScenario(context: TestContext, supervisor: Supervisor): ScenarioContext {
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

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
