/**
 * `npm run bench:soak`: what a restart costs with its evidence beside the bare one, how fast logs and the journal are read,
 * and whether the harness grows. `--cycles N` (40), `--growth-cycles N` (1000, 0: none), `--journal-remote PATH`, `--write` puts
 * the figures into the README. Exits 0 whatever it measures; a quarter of an hour or so.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { CYCLE_KINDS, measureCycles, type CycleKind } from '../../soak/bench/cycles.ts';
import { median, quantile } from '../../soak/bench/figures.ts';
import { measureGrowth, type GrowthFigures } from '../../soak/bench/growth.ts';
import { measureJournal, type JournalFigures } from '../../soak/bench/journal.ts';
import { measureScan, type ScanFigures } from '../../soak/bench/scan.ts';
import { createTestContext, fixtureConfig } from '../../soak/test-context.ts';
import reference from '../../shakedown.config.ts';
import { README, replaceBlock } from '../readme-block.ts';

const MAX_CYCLES = 200;
const MAX_GROWTH_CYCLES = 10_000;
const SCANS = [100, 1_024];
const JOURNAL_REMOTE = '/lib/systemd/systemd-journal-remote';
const TITLES = {
  bare: 'bare: spawn, poll, SIGTERM, exit',
  supervisor: 'timing and exit',
  evidence: 'all that is seen from outside',
  inside: 'all evidence, the probe inside too',
} as const satisfies Record<CycleKind, string>;
const AIMS: Partial<Record<CycleKind, number>> = { supervisor: 1.15, inside: 1.5 };

interface Figures {
  times: Record<CycleKind, number[]>;
  scans: ScanFigures[];
  journal: JournalFigures | undefined;
  growth: GrowthFigures | undefined;
  /** Just before and after. */
  load: [number, number];
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      cycles: { type: 'string', default: '40' },
      'growth-cycles': { type: 'string', default: '1000' },
      'journal-remote': { type: 'string', default: JOURNAL_REMOTE },
      write: { type: 'boolean', default: false },
    },
  });
  const remote = existsSync(values['journal-remote']) ? values['journal-remote'] : undefined;
  const growthCycles = bounded(values['growth-cycles'], 0, MAX_GROWTH_CYCLES);
  const block = render(await measure(bounded(values.cycles, 1, MAX_CYCLES), growthCycles, remote));
  console.log(block);
  if (values.write) writeFileSync(README, replaceBlock(readFileSync(README, 'utf8'), 'soak-bench', block));
}

async function measure(cycles: number, growthCycles: number, remote: string | undefined): Promise<Figures> {
  const context = createTestContext(fixtureConfig('healthy.js'));
  const loadBefore = loadavg()[0] ?? Number.NaN;
  try {
    const times = await measureCycles(context, cycles);
    const scans: ScanFigures[] = [];
    for (const mebibytes of SCANS) scans.push(await measureScan(mebibytes));
    const journal = await measureJournal(remote);
    const growth = growthCycles === 0 ? undefined : await growthOnReference(growthCycles);
    return { times, scans, journal, growth, load: [loadBefore, loadavg()[0] ?? Number.NaN] };
  } finally {
    context.remove();
  }
}

/** On the reference service without exchanges, which are no part of a plain cycle. */
async function growthOnReference(cycles: number): Promise<GrowthFigures> {
  const { service } = reference;
  if (service === undefined) throw new Error('the reference configuration has a service');
  const env = Object.fromEntries(
    Object.entries(service.env ?? {}).filter(([name]) => !name.endsWith('_URL')),
  );
  const context = createTestContext({ service: { ...service, env: { ...env, EXCHANGES: 'none' } } });
  try {
    return await measureGrowth(context, cycles);
  } finally {
    context.remove();
  }
}

function render({ times, scans, journal, growth, load }: Figures): string {
  const bare = median(times.bare);
  const rows = CYCLE_KINDS.map((kind) => {
    const factor = median(times[kind]) / bare;
    const aim = AIMS[kind];
    const verdict = aim === undefined ? '' : `${aim}${factor > aim ? ' (missed)' : ''}`;
    const cells = [
      TITLES[kind],
      median(times[kind]).toFixed(1),
      quantile(times[kind], 0.1).toFixed(1),
      kind === 'bare' ? '1' : `${factor.toFixed(2)} (p10 ${tenth(times[kind], times.bare)})`,
      verdict,
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    `Measured ${new Date().toISOString().slice(0, 10)} on ${availableParallelism()} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.versions.node}, ${times.bare.length} cycles of each kind by turns, load average ${load[0].toFixed(1)} before and ${load[1].toFixed(1)} after. \`npm run bench:soak -- --write\` measures again.`,
    '',
    '| cycle of a small service | median ms | p10 ms | of bare | at most |',
    '|---|---|---|---|---|',
    ...rows,
    '',
    '| what | measured | aim |',
    '|---|---|---|',
    ...scans.map(
      (scan) =>
        `| log scan of ${scan.mebibytes} MiB | ${scan.mebibytesPerSecond.toFixed(0)} MiB/s, ${scan.residentGrowthMebibytes.toFixed(0)} MiB more resident | 100 MiB/s, flat |`,
    ),
    journalRow(journal),
    growthRow(growth),
    '',
  ].join('\n');
}

const tenth = (values: readonly number[], bare: readonly number[]): string =>
  (quantile(values, 0.1) / quantile(bare, 0.1)).toFixed(2);

function journalRow(journal: JournalFigures | undefined): string {
  if (journal === undefined)
    return '| journal | not measured: systemd-journal-remote is not on this host | 0.9 of journalctl |';
  const { entries, mebibytes, journalctlPerSecond, harnessPerSecond } = journal;
  const share = harnessPerSecond / journalctlPerSecond;
  return `| journal of ${entries.toLocaleString('en')} entries, ${mebibytes.toFixed(0)} MiB as it is exported | ${harnessPerSecond.toFixed(0)} MiB/s, ${share.toFixed(2)} of the ${journalctlPerSecond.toFixed(0)} MiB/s of journalctl into nothing | 0.9 of journalctl |`;
}

function growthRow(growth: GrowthFigures | undefined): string {
  if (growth === undefined) return '| growth of the harness | not measured | none |';
  const { cycles, seconds, bytesPerCycle, chance, descriptorsMore, heapMebibytes } = growth;
  const trend =
    bytesPerCycle === undefined
      ? 'too few cycles for a trend'
      : `${bytesPerCycle.toFixed(0)} bytes of heap a cycle (a chance of ${(chance ?? 1).toFixed(2)} without growth)`;
  return `| the harness over ${cycles.toLocaleString('en')} cycles of the reference service with all evidence, ${seconds.toFixed(0)} s | ${trend}, ${descriptorsMore} descriptors more, heap ${heapMebibytes.toFixed(0)} MiB at the end | none |`;
}

function bounded(text: string, least: number, most: number): number {
  const value = Number.parseInt(text, 10);
  return Math.min(most, Math.max(least, Number.isNaN(value) ? least : value));
}

await main();
