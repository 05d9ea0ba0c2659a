/**
 * `npm run explore:proofs`: an exploration must find and shrink two seeded faults of order, each with five seeds, five
 * times of five. Prints a line for each, and exits with 1 when one was missed.
 */
import { createTestContext } from '../test-context.ts';
import { exploreStage } from '../explore/explore-stage.ts';

const SEEDS = [1, 2, 3, 4, 5];
const BUDGET_MS = 120_000;
const FAULTS = ['two-step-lock.js', 'crashes-on-second-signal.js'];
const STEPS = 2;

async function prove(file: string, seed: number): Promise<boolean> {
  const context = createTestContext({
    service: {
      command: ['node', `fixtures/services/${file}`],
      env: { PORT: '{port}', DATA: '{scratch}', DRAIN_MS: '150' },
      readiness: { http: '/health' },
    },
  });
  const startedAt = performance.now();
  try {
    context.seed = seed;
    await exploreStage({ budgetMs: BUDGET_MS, lanes: 1, findings: 1, minCases: 1 }).run(context);
    const found = context.verdicts.find(({ outcome }) => outcome === 'fail');
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    const isShort = found !== undefined && !found.message.includes(`; ${STEPS + 1}. `);
    process.stdout.write(
      `${isShort ? 'ok    ' : 'MISSED'}  ${file}  seed ${seed}  ${seconds} s  ${found?.message ?? 'no failure'}\n`,
    );
    return isShort;
  } finally {
    context.remove();
  }
}

let missed = 0;
for (const file of FAULTS) for (const seed of SEEDS) if (!(await prove(file, seed))) missed += 1;
const all = FAULTS.length * SEEDS.length;
process.stdout.write(`${all - missed} of ${all} found and shrunk to ${STEPS} steps\n`);
process.exitCode = missed === 0 ? 0 : 1;
