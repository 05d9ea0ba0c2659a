/** The table of the bench: medians and the ratios that are demanded. Pure: figures in, Markdown out. */
import type { Cost } from './measure.ts';
import { SUBJECTS, type SubjectId } from './subjects.ts';
import type { Tree } from './trees.ts';

export interface Measured {
  tree: Pick<Tree, 'name' | 'lines'>;
  /** One of each round. */
  costs: Partial<Record<SubjectId, Cost[]>>;
}

export interface Machine {
  date: string;
  cores: number;
  memoryGb: number;
  processor: string;
  versions: Record<string, string>;
  rounds: number;
  /** Of trees over 200,000 lines. */
  roundsLarge: number;
}

interface Demand {
  what: string;
  of: SubjectId;
  against: SubjectId;
  by: keyof Cost;
  must: number;
  aim: number;
}

/** What the suite must reach from 100,000 lines on. */
const DEMANDS: readonly Demand[] = [
  { what: 'TypeScript 6 back end, CPU', of: 'suite6', against: 'tsc', by: 'cpuS', must: 0.4, aim: 0.3 },
  { what: 'TypeScript 6 back end, CPU', of: 'suite6', against: 'eslint', by: 'cpuS', must: 0.5, aim: 0.35 },
  { what: 'TypeScript 7 back end, wall', of: 'suite7', against: 'tsc', by: 'wallS', must: 0.2, aim: 0.1 },
  { what: 'TypeScript 7 back end, wall', of: 'suite7', against: 'oxlint', by: 'wallS', must: 1.2, aim: 0.75 },
  { what: 'nothing changed, wall', of: 'unchanged', against: 'tsc', by: 'wallS', must: 0.03, aim: 0.02 },
  {
    what: 'TypeScript 6 back end, peak memory',
    of: 'suite6',
    against: 'tsc',
    by: 'peakMb',
    must: 0.9,
    aim: 0.6,
  },
  {
    what: 'TypeScript 7 back end, peak memory',
    of: 'suite7',
    against: 'tsc',
    by: 'peakMb',
    must: 0.9,
    aim: 0.6,
  },
];

export function renderReport(all: readonly Measured[], machine: Machine): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const large =
    machine.roundsLarge === machine.rounds ? '' : ` (of ${machine.roundsLarge} above 200,000 lines)`;
  return [
    `Measured ${machine.date} on ${machine.cores} cores (${machine.processor}), ${machine.memoryGb} GB; whole processes, interleaved, medians of ${machine.rounds}${large}; ${versions.join(', ')}. \`npm run bench:source -- --write\` measures again.`,
    '',
    ...costTable(all),
    '',
    ...demandTable(all),
    '',
  ].join('\n');
}

function costTable(all: readonly Measured[]): string[] {
  const ids = (Object.keys(SUBJECTS) as SubjectId[]).filter((id) => all.some((each) => each.costs[id]));
  return [
    `| wall s / CPU s / peak MB | ${all.map(({ tree }) => `${tree.name}, ${tree.lines.toLocaleString('en')} lines`).join(' | ')} |`,
    `|---|${all.map(() => '---|').join('')}`,
    ...ids.map((id) => {
      const cells = all.map((each) => {
        const [wall, cpu, peak] = (['wallS', 'cpuS', 'peakMb'] as const).map((by) => medianOf(each, id, by));
        if (wall === undefined || cpu === undefined || peak === undefined) return '-';
        return `${wall.toFixed(1)} / ${cpu.toFixed(1)} / ${peak.toFixed(0)}`;
      });
      return `| ${SUBJECTS[id].title} | ${cells.join(' | ')} |`;
    }),
  ];
}

function demandTable(all: readonly Measured[]): string[] {
  return [
    `| ratio | must | aim | ${all.map(({ tree }) => tree.name).join(' | ')} |`,
    `|---|---|---|${all.map(() => '---|').join('')}`,
    ...DEMANDS.map(({ what, of, against, by, must, aim }) => {
      const cells = all.map((each) => {
        const shown = ratio(medianOf(each, of, by), medianOf(each, against, by));
        // What is asked holds from 100,000 lines on.
        return each.tree.lines >= 100_000 && Number(shown) > must ? `${shown} (missed)` : shown;
      });
      return `| ${what}, of ${SUBJECTS[against].title} | ${must} | ${aim} | ${cells.join(' | ')} |`;
    }),
    ...(['suite6', 'suite7'] as const).flatMap((id) => growthRow(all, id)),
  ];
}

/** How much more each line costs in a generated tree than in the one before it: 1 is linear. */
function growthRow(all: readonly Measured[], id: 'suite6' | 'suite7'): string[] {
  const cells = all.map((each, index) => {
    const before = all[index - 1];
    if (!before || !each.tree.name.startsWith('generated') || !before.tree.name.startsWith('generated'))
      return '-';
    const [now, then] = [medianOf(each, id, 'cpuS'), medianOf(before, id, 'cpuS')];
    return now === undefined || then === undefined
      ? '-'
      : ratio(now / each.tree.lines, then / before.tree.lines);
  });
  const title = `growth: CPU a line, of the smaller generated tree, TypeScript ${id === 'suite6' ? 6 : 7}`;
  return cells.every((each) => each === '-') ? [] : [`| ${title} | 1 | 1 | ${cells.join(' | ')} |`];
}

const ratio = (a: number | undefined, b: number | undefined): string =>
  a === undefined || b === undefined || b === 0 ? '-' : (a / b).toFixed(2);

function medianOf(measured: Measured, id: SubjectId, by: keyof Cost): number | undefined {
  const values = (measured.costs[id] ?? []).map((each) => each[by]).sort((a, b) => a - b);
  const middle = Math.floor(values.length / 2);
  if (values.length % 2 === 1) return values[middle];
  const [low, high] = [values[middle - 1], values[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
