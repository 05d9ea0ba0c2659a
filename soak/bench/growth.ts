/** Whether the harness itself grows over many cycles with full evidence. Measured by `npm run bench:soak`. */
import { readdirSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { Config } from '../../harness/config.ts';
import { createProcessSupervisor } from '../../harness/supervisors/process.ts';
import { insideOf } from '../inside/inside-of.ts';
import { memoryTrend, type MemoryPoint } from '../leaks/memory-trend.ts';
import { runRestartLoop } from '../scenarios/restart-loop.ts';
import type { TestContext } from '../test-context.ts';
import { evidenceScenario } from './cycles.ts';
import { heapAfterCollection } from './figures.ts';

export interface GrowthFigures {
  cycles: number;
  seconds: number;
  /** Theil-Sen over the second half; absent: too few cycles for a trend. */
  bytesPerCycle?: number;
  /** One-sided. */
  chance?: number;
  descriptorsMore: number;
  heapMebibytes: number;
}

/**
 * V8 goes on compiling for minutes, and notes beside the code what it depends on: 70 to 90 bytes a cycle in which a snapshot
 * shows no object of the harness's. From here on it only interprets.
 */
const WITHOUT_COMPILING = ['--no-opt', '--no-maglev', '--no-sparkplug'];
/** Samples of the harness's heap; the trend takes the second half, in blocks of three. */
const SAMPLES = 60;

export async function measureGrowth(
  context: TestContext & { config: Config },
  cycles: number,
): Promise<GrowthFigures> {
  const { service } = context.config;
  if (service === undefined) throw new Error('the configuration has no service');
  for (const flag of WITHOUT_COMPILING) setFlagsFromString(flag);
  const supervisor = createProcessSupervisor(context, service);
  const each = Math.max(1, Math.floor(cycles / SAMPLES));
  const scenario = { ...evidenceScenario(context, supervisor), ...insideOf(context, service), cycles: each };
  const points: MemoryPoint[] = [];
  const startedAt = performance.now();
  let descriptors = Number.NaN;
  let done = 0;
  try {
    while (done < cycles) {
      await runRestartLoop(scenario);
      done += each;
      points.push({ requests: done, bytes: await heapAfterCollection() });
      if (points.length === 2) descriptors = openDescriptors();
    }
    const trend = memoryTrend(points);
    return {
      cycles: done,
      seconds: (performance.now() - startedAt) / 1_000,
      ...(trend === undefined ? {} : { bytesPerCycle: trend.bytesPerRequest, chance: trend.pGrowth }),
      descriptorsMore: openDescriptors() - descriptors,
      heapMebibytes: (points.at(-1)?.bytes ?? Number.NaN) / 1024 / 1024,
    };
  } finally {
    await supervisor.dispose();
  }
}

function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
