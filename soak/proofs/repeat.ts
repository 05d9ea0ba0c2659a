/**
 * `npm run soak:proofs -- --times 20 [--scenario NAME]`: proves every pair again and again, and prints k of n for each.
 * Ends with 1 when any of them was not proved each time. `--lanes 5`: so many side by side.
 */
import { parseArgs } from 'node:util';
import type { Pair } from './pair.ts';
import { PAIRS } from './pairs.ts';
import { doubtsAbout } from './prove.ts';

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '20' },
    lanes: { type: 'string', default: '5' },
    scenario: { type: 'string' },
  },
});

const times = Number(values.times);
const pairs = PAIRS.filter(({ scenario }) => values.scenario === undefined || scenario === values.scenario);
const proved = new Map<Pair, number>(pairs.map((pair) => [pair, 0]));
const doubts: string[] = [];

/** Each pair once before any of them again: a slow moment of the host does not meet one pair alone. */
const waiting = Array.from({ length: times }, () => pairs).flat();

let done = 0;

async function work(): Promise<void> {
  for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
    const found = await doubtsAbout(pair, false);
    done += 1;
    if (done % pairs.length === 0)
      process.stderr.write(`${done} of ${pairs.length * times}, ${doubts.length + found.length} doubts\n`);
    if (found.length === 0) proved.set(pair, (proved.get(pair) ?? 0) + 1);
    else doubts.push(...found.map((doubt) => `${pair?.scenario}: ${doubt}`));
  }
}

await Promise.all(Array.from({ length: Number(values.lanes) }, work));
for (const [pair, count] of proved)
  process.stdout.write(`${count} of ${times}  ${pair.scenario.padEnd(24)} ${pair.bad} / ${pair.good}\n`);
for (const doubt of doubts) process.stdout.write(`- ${doubt}\n`);
process.exitCode = doubts.length === 0 && pairs.length > 0 ? 0 : 1;
