/**
 * `npm run bench:source`: the whole static suite side by side with its peers, in one interleaved run of whole processes.
 * Options: `--rounds 5`, `--rounds-large 5` (of trees over 200,000 lines), `--lines 10000,100000,500000`, `--public` names or `none`, `--tree FOLDER`, `--only` subjects,
 * `--write` to put the table into the README.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measure } from './measure.ts';
import { installLocked, PEERS, REPOSITORY, WORK } from './places.ts';
import { renderReport, type Machine, type Measured } from './report.ts';
import { SUBJECTS, writePeerConfigs, type SubjectId } from './subjects.ts';
import { generatedTree, ownTree, publicNames, publicTree, type Tree } from './trees.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    'rounds-large': { type: 'string' },
    lines: { type: 'string', default: '10000,100000,500000' },
    public: { type: 'string', default: publicNames().join(',') },
    tree: { type: 'string', multiple: true, default: [] },
    only: { type: 'string', default: Object.keys(SUBJECTS).join(',') },
    write: { type: 'boolean', default: false },
  },
});

/** A round of these takes many minutes, and one differs little from the next. */
const LARGE_LINES = 200_000;

const countOf = (text: string): number => Math.max(1, Number(text) || 1);
const listed = (text: string): string[] => text.split(',').filter((each) => each !== '' && each !== 'none');

await main();

async function main(): Promise<void> {
  if (process.platform !== 'linux')
    throw new Error('the bench reads processor time and memory from /proc: run it on Linux');
  installLocked(PEERS);
  writePeerConfigs();
  mkdirSync(join(WORK, 'output'), { recursive: true });
  const rounds = countOf(values.rounds);
  const roundsLarge = countOf(values['rounds-large'] ?? values.rounds);
  const machine = machineOf(rounds, roundsLarge);
  const all: Measured[] = prepareTrees().map((tree) => ({ tree, costs: {} }));
  const ids = listed(values.only).filter((each): each is SubjectId => each in SUBJECTS);
  for (let round = 0; round < Math.max(rounds, roundsLarge); round += 1) {
    for (const each of all)
      if (round < (each.tree.lines > LARGE_LINES ? roundsLarge : rounds))
        await measureRound(each, ids, `round ${round + 1}`);
    // What was measured until an interruption is not lost.
    writeFileSync(join(WORK, 'last.json'), JSON.stringify({ all, machine }, null, 2));
  }
  const report = renderReport(all, machine);
  process.stdout.write(report);
  if (values.write) writeReadme(report);
}

function prepareTrees(): Tree[] {
  return [
    ...listed(values.lines).map((each) => generatedTree(Number(each))),
    ...listed(values.public).map(publicTree),
    ...values.tree.map(ownTree),
  ];
}

/** Each subject once, one after the other, so that a noisy moment meets all of them. */
async function measureRound(measured: Measured, ids: readonly SubjectId[], round: string): Promise<void> {
  const { tree, costs } = measured as Measured & { tree: Tree };
  for (const id of ids) {
    const output = join(WORK, 'output', `${tree.name.replaceAll(/\W+/g, '-')}-${id}.txt`);
    const cost = await measure(SUBJECTS[id].command(tree, output));
    (costs[id] ??= []).push(cost);
    process.stderr.write(
      `${round}, ${tree.name}, ${SUBJECTS[id].title}: ${cost.wallS.toFixed(2)} s, CPU ${cost.cpuS.toFixed(2)} s, ${cost.peakMb.toFixed(0)} MB\n`,
    );
  }
}

function machineOf(rounds: number, roundsLarge: number): Machine {
  const versionOf = (name: string): string => {
    const file = join(PEERS, 'node_modules', name, 'package.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  };
  const names = ['typescript', 'typescript-eslint', 'oxlint', 'oxlint-tsgolint'];
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 1024 ** 3),
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    versions: {
      Node: process.versions.node,
      ...Object.fromEntries(names.map((name) => [name, versionOf(name)])),
    },
    rounds,
    roundsLarge,
  };
}

function writeReadme(report: string): void {
  const file = join(REPOSITORY, 'README.md');
  const text = readFileSync(file, 'utf8');
  const [open, close] = ['<!-- bench -->\n', '<!-- /bench -->'];
  const [start, end] = [text.indexOf(open), text.indexOf(close)];
  if (start < 0 || end < start) throw new Error(`README.md has no block between ${open.trim()} and ${close}`);
  writeFileSync(file, text.slice(0, start + open.length) + report + text.slice(end));
}
