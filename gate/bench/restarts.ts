/**
 * `npm run bench:restarts`: what clients lose through the restarts of the deployed service, side by side with a plain
 * kill, and how long the steps of a deployment take; on a disposable machine of its own, as root.
 * Options: `--restarts 200`, `--rate 200` (requests a second), `--turn 10` (restarts before the next client's turn),
 * `--variants` names or `none`, `--together 2` (so many clients of a unit ask at a time and meet the same restarts), `--no-times`,
 * `--suite bookworm`, `--write` to put the tables into the README.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PING } from '../../deployment/machine/deploy.ts';
import { type Machine, openMachine } from '../../deployment/machine/machine.ts';
import { type Suite, SUITES } from '../../deployment/machine/places.ts';
import { openReleases } from '../../deployment/machine/releases.ts';
import { createStand } from '../../deployment/machine/stand.ts';
import type { Stand } from '../../deployment/machine/step.ts';
import { errorText } from '../../harness/errors.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { README, replaceBlock } from '../readme-block.ts';
import { type Circumstances, type Measured, renderReport } from './report.ts';
import { restartUnit } from './restart-unit.ts';
import { resultOf, type Turn } from './result.ts';
import { SteadyLoad } from './steady-load.ts';
import { installFresh, upgradeAndFail } from './step-times.ts';
import { prepareUnits, restoreUnits, UNITS } from './units-under-test.ts';
import { VARIANT_IDS, type VariantId, VARIANTS } from './variants.ts';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    restarts: { type: 'string', default: '200' },
    rate: { type: 'string', default: '200' },
    turn: { type: 'string', default: '10' },
    variants: { type: 'string', default: VARIANT_IDS.join(',') },
    suite: { type: 'string', default: SUITES[0] },
    together: { type: 'string', default: '1' },
    times: { type: 'boolean', default: true },
    write: { type: 'boolean', default: false },
  },
});

const WORK = join(tmpdir(), `shakedown-bench-${userInfo().uid}`);
const LOG = join(WORK, 'restarts.log');
/** What a client waits at most: longer than any restart that succeeds. */
const ANSWER_LIMIT_MS = 10_000;
/** Between two restarts, a third of a second at the usual rate. */
const SETTLED_S = 0.3;
const MOST = 10_000;

const restarts = countOf('restarts');
const perSecond = countOf('rate');
const perTurn = countOf('turn');
const together = countOf('together');
const groups = groupsOf(chosenVariants());
const suite = chosenSuite();

const interruption = new AbortController();

await main();

async function main(): Promise<void> {
  mkdirSync(WORK, { recursive: true });
  writeFileSync(LOG, '');
  note(`what is done on the machine: ${LOG}`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      process.exitCode = EXIT_CODES[signal];
      interruption.abort();
    });
  try {
    publish(await measure());
  } catch (error) {
    log(error instanceof Error ? (error.stack ?? '') : '');
    note(interruption.signal.aborted ? 'interrupted: nothing is reported' : errorText(error));
    process.exitCode ??= EXIT_CODES.unknown;
  }
}

async function measure(): Promise<Measured> {
  const startedAt = performance.now();
  await using machine = await openMachine({ suite, progress: note });
  const upMs = performance.now() - startedAt;
  using releases = openReleases();
  const { signal } = interruption;
  const stand = createStand({ machine, releases, signal, memory: {}, log });
  const fresh = await installFresh(stand, upMs);
  const results = await measureRestarts(stand, machine);
  if (!values.times) return { results, times: [] };
  return { results, times: [...fresh, ...(await upgradeAndFail(stand))] };
}

/** By turns, so that a noisy moment meets all of them. */
async function measureRestarts(stand: Stand, machine: Machine): Promise<Measured['results']> {
  const results: Measured['results'] = {};
  if (groups.length === 0) return results;
  await prepareUnits(stand);
  const turns = new Map<VariantId, Turn[]>();
  for (let done = 0; done < restarts; done += perTurn)
    for (const group of groups) {
      stand.signal.throwIfAborted();
      const count = Math.min(perTurn, restarts - done);
      note(`restarts ${done + 1} to ${done + count} of ${restarts}: ${group.join(', ')}`);
      for (const [id, turn] of await takeTurn(stand, machine, group, count))
        turns.set(id, [...(turns.get(id) ?? []), turn]);
      for (const [id, all] of turns) results[id] = resultOf(all, restarts);
      // What was measured until something breaks is not lost.
      writeFileSync(join(WORK, 'restarts.json'), JSON.stringify(results, null, 2));
    }
  await restoreUnits(stand);
  return results;
}

async function takeTurn(
  stand: Stand,
  { address }: Machine,
  group: readonly VariantId[],
  count: number,
): Promise<[VariantId, Turn][]> {
  const clients = group.map((id) => {
    const { port, connections, retries } = VARIANTS[id];
    const origin = `http://${address}:${port}`;
    const load = { origin, path: PING, connections, retries, perSecond, timeoutMs: ANSWER_LIMIT_MS };
    return { id, client: new SteadyLoad(load) };
  });
  const [first] = group;
  if (first === undefined) return [];
  try {
    const seen = await restartUnit({
      stand,
      unit: UNITS[VARIANTS[first].server],
      restarts: count,
      clients: clients.map(({ client }) => client),
      settledAfter: Math.ceil(perSecond * SETTLED_S),
    });
    return await Promise.all(
      clients.map(async ({ id, client }): Promise<[VariantId, Turn]> => [
        id,
        { requests: await client.stop(), restarts: seen },
      ]),
    );
  } finally {
    await Promise.allSettled(clients.map(({ client }) => client.stop()));
  }
}

function publish(measured: Measured): void {
  const circumstances: Circumstances = {
    date: new Date().toISOString().slice(0, 10),
    suite,
    node: process.versions.node,
    cores: cpus().length,
    processor: cpus()[0]?.model.trim() ?? 'unknown processor',
    perSecond,
    restarts,
    perTurn,
    together,
    loadAverage: loadavg()[2] ?? Number.NaN,
  };
  const report = renderReport(measured, circumstances);
  process.stdout.write(report);
  if (values.write) writeFileSync(README, replaceBlock(readFileSync(README, 'utf8'), 'restarts', report));
  const isUnknown = Object.values(measured.results).some(({ unknown }) => unknown.length > 0);
  if (isUnknown) process.exitCode = EXIT_CODES.unknown;
}

function groupsOf(ids: readonly VariantId[]): VariantId[][] {
  const ofUnits = [...Map.groupBy(ids, (id) => VARIANTS[id].server).values()];
  return ofUnits.flatMap((group) =>
    Array.from({ length: Math.ceil(group.length / together) }, (_, index) =>
      group.slice(index * together, (index + 1) * together),
    ),
  );
}

function chosenVariants(): VariantId[] {
  const asked = values.variants.split(',').filter((each) => each !== '' && each !== 'none');
  const strange = asked.filter((each) => !(each in VARIANTS));
  if (strange.length > 0)
    throw new Error(
      `--variants: there is no ${strange.join(', ')}; expected some of ${VARIANT_IDS.join(', ')}`,
    );
  return VARIANT_IDS.filter((id) => asked.includes(id));
}

function chosenSuite(): Suite {
  const found = SUITES.find((each) => each === values.suite);
  if (found === undefined)
    throw new Error(`--suite: "${values.suite}" is none; expected ${SUITES.join(' or ')}`);
  return found;
}

function countOf(name: 'restarts' | 'rate' | 'turn' | 'together'): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < 1 || value > MOST)
    throw new Error(`--${name}: "${values[name]}" is no number from 1 to ${MOST}`);
  return value;
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
  log(`# ${text}`);
}

function log(text: string): void {
  appendFileSync(LOG, `${text}\n`);
}
