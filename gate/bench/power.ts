/**
 * `npm run soak:power`: how often `long-uptime` alarms on a service that leaks nothing, and how often it finds a leak of a
 * known size. `--runs N` (20), `--leak-runs N` (10), `--write` puts the figures into the README. Half a minute each run.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import type { Outcome } from '../../harness/verdict.ts';
import { dataBytes, memoryTrend } from '../../soak/leaks/memory-trend.ts';
import { parseObservations } from '../../soak/history.ts';
import { soakStage } from '../../soak/soak-stage.ts';
import { createTestContext, fixtureConfig } from '../../soak/test-context.ts';
import { README, replaceBlock } from '../readme-block.ts';

const MAX_RUNS = 200;
const LEAKS = [0, 100, 1_000] as const;
const PER_SECOND = 300;
const UPTIME = { samples: 60, everyMs: 400 };

interface Run {
  outcome: Outcome;
  bytesPerRequest: number;
  requests: number;
}

await main();

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '20' },
      'leak-runs': { type: 'string', default: '10' },
      write: { type: 'boolean', default: false },
    },
  });
  const results = new Map<number, Run[]>();
  for (const bytes of LEAKS) {
    const count = bounded(bytes === 0 ? values.runs : values['leak-runs']);
    const runs: Run[] = [];
    for (let at = 1; at <= count; at += 1) {
      const run = await runOnce(bytes);
      runs.push(run);
      console.log(
        `${bytes} bytes a request, run ${at} of ${count}: ${run.outcome}, ${run.bytesPerRequest.toFixed(1)} bytes a request`,
      );
    }
    results.set(bytes, runs);
  }
  const block = render(results);
  console.log(`\n${block}`);
  if (values.write) writeFileSync(README, replaceBlock(readFileSync(README, 'utf8'), 'leak-power', block));
}

async function runOnce(leakBytes: number): Promise<Run> {
  const { service, soak } = fixtureConfig('leaks-memory.js');
  if (service === undefined || soak?.load === undefined || soak.load === false)
    throw new Error('the fixture configuration has a service and load');
  const context = createTestContext({
    service: { ...service, env: { ...service.env, LEAK_BYTES: String(leakBytes) } },
    soak: {
      load: { ...soak.load, requestsPerSecond: PER_SECOND, requests: [{ path: '/health' }] },
      scenarios: ['long-uptime'],
      uptime: UPTIME,
    },
  });
  try {
    await soakStage.run(context);
    const verdict = context.verdicts.find(({ subject }) => subject === 'steady load');
    const text = readFileSync(join(context.files.folder, 'scenarios/long-uptime.ndjson'), 'utf8');
    const points = parseObservations(text).observations.flatMap((fact) =>
      fact.kind === 'memory' && fact.heap.readable
        ? [{ requests: fact.requests, bytes: dataBytes(fact.heap.value) }]
        : [],
    );
    const trend = memoryTrend(points);
    if (verdict === undefined || verdict.outcome === 'unknown') console.log(verdict?.message ?? 'no verdict');
    return {
      outcome: verdict?.outcome ?? 'unknown',
      bytesPerRequest: trend?.bytesPerRequest ?? Number.NaN,
      requests: trend?.requests ?? 0,
    };
  } finally {
    context.remove();
  }
}

function render(results: ReadonlyMap<number, readonly Run[]>): string {
  const rows = [...results].map(([bytes, runs]) => {
    const of = (outcome: Outcome): number => runs.filter((run) => run.outcome === outcome).length;
    const seen = runs.map(({ bytesPerRequest }) => bytesPerRequest).toSorted((a, b) => a - b);
    const middle = seen[Math.floor(seen.length / 2)] ?? Number.NaN;
    const requests = Math.round(runs.reduce((sum, run) => sum + run.requests, 0) / Math.max(1, runs.length));
    const cells = [
      bytes === 0 ? 'nothing' : `${bytes} bytes`,
      `${of('fail')} of ${runs.length}`,
      String(of('unknown')),
      `${middle.toFixed(1)} (${seen[0]?.toFixed(1)} to ${seen.at(-1)?.toFixed(1)})`,
      requests.toLocaleString('en'),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${availableParallelism()} cores, Node ${process.versions.node}, ${PER_SECOND} requests a second, ${UPTIME.samples} samples ${UPTIME.everyMs} ms apart, load average ${(loadavg()[2] ?? 0).toFixed(1)}. \`npm run soak:power -- --write\` measures again.`,
    '',
    '| kept of each request | called a leak | unknown | growth seen: median (least to most), bytes a request | requests that were tested |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function bounded(text: string): number {
  return Math.min(MAX_RUNS, Math.max(1, Number.parseInt(text, 10) || 1));
}
