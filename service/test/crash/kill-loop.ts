/**
 * Kills the service in the middle of trading, again and again, and sees that nothing it acknowledged is ever lost.
 * Run as `node service/test/crash/kill-loop.ts --kills 100 --seed 1`; exits 1 and says what was lost otherwise.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startExchanges } from '../exchange-fixture.ts';
import { freePort } from '../subjects.ts';
import { inspectBooks, inspectEvents, lostFromAnswer, newestEventId } from './books.ts';
import { Client, randomFrom, USER } from './client.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const READY_WITHIN_MS = 15_000;
const EXIT_WITHIN_MS = 10_000;
const EVENTS_WITHIN_MS = 10_000;
/** From the spawn: within the start, or in the middle of trading. */
const KILL_IN_START_SHARE = 0.25;
const START_MS = 900;
const TRADING_MS = 1_200;
const TRADERS = 8;

interface Service {
  child: ChildProcess;
  output: () => string;
  exited: Promise<unknown[]>;
}

interface World {
  url: string;
  database: string;
  client: Client;
  random: () => number;
  start(): Service;
}

process.exitCode = await main();

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { kills: { type: 'string', default: '100' }, seed: { type: 'string', default: '1' } },
  });
  const [kills, seed] = [Number(values.kills), Number(values.seed)];
  if (!(kills > 0 && kills <= 10_000 && Number.isInteger(seed))) {
    process.stderr.write('usage: node service/test/crash/kill-loop.ts [--kills 1..10000] [--seed N]\n');
    return 2;
  }
  const folder = await mkdtemp(join(tmpdir(), 'kill-loop-'));
  const exchanges = await startExchanges(seed);
  const world = await buildWorld(folder, seed, exchanges.urls);
  const running: Service[] = [];
  try {
    const { killed, problems } = await killRepeatedly(world, kills, running);
    const { bots, orders } = world.client.acknowledged;
    for (const problem of problems) process.stdout.write(`${problem}\n`);
    const lost = problems.filter((problem) => problem.includes('lost:')).length;
    process.stdout.write(
      `${killed} kills, ${bots.length + orders.length} acknowledged (${bots.length} bots, ${orders.length} orders), ` +
        `${world.client.events.length} events, ${lost} lost, ${problems.length - lost} other problems (seed ${seed})\n`,
    );
    return problems.length === 0 ? 0 : 1;
  } finally {
    for (const { child } of running) child.kill('SIGKILL');
    await exchanges.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function buildWorld(folder: string, seed: number, urls: Record<string, string>): Promise<World> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const database = join(folder, 'db.sqlite');
  const env = {
    PORT: String(port),
    DATABASE_PATH: database,
    // Tokens stay valid over the restarts.
    JWT_SECRET: 'a secret that is used for nothing but this test',
    USER_EMAIL: USER.email,
    USER_PASSWORD: USER.password,
    LUNO_URL: urls['luno'],
    BINANCE_URL: urls['binance'],
    KUCOIN_URL: urls['kucoin'],
    MARKET_DATA_POLL_MS: '200',
    BODYGUARD_MAX_ORDERS_PER_MINUTE: '10000',
    AUTOPILOT_SCHEDULE: '* * * * * *',
  };
  const start = (): Service => {
    const child = spawn(process.execPath, [MAIN], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], env });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => (output = (output + text).slice(-20_000)));
    return { child, output: () => output, exited: once(child, 'close') };
  };
  return { url, database, client: new Client(url), random: randomFrom(seed), start };
}

/** Ends at the first round with a problem: what follows would only repeat it. */
async function killRepeatedly(
  world: World,
  kills: number,
  running: Service[],
): Promise<{ killed: number; problems: string[] }> {
  const { client, random } = world;
  for (let kill = 1; kill <= kills; kill += 1) {
    const service = world.start();
    running.splice(0, running.length, service);
    const problems: string[] = [];
    if (kill > 1 && random() < KILL_IN_START_SHARE) {
      await sleep(random() * START_MS);
      await killHard(service);
    } else problems.push(...(await tradeAndKill(world, service)));
    problems.push(...inspect(world));
    if (problems.length > 0)
      return { killed: kill, problems: problems.map((problem) => `kill ${kill}: ${problem}`) };
    if (kill % 10 === 0) process.stderr.write(`${kill} kills, ${client.acknowledged.orders.length} orders\n`);
  }
  return { killed: kills, problems: await endInPeace(world, running) };
}

async function tradeAndKill(world: World, service: Service): Promise<string[]> {
  const { client, random } = world;
  const late = await untilReady(world, service);
  if (late !== undefined) return [late];
  if (client.acknowledged.bots.length === 0) await client.login();
  const ending = new AbortController();
  const listening = client.listen(ending.signal);
  const until = performance.now() + random() * TRADING_MS;
  const trade = async (): Promise<void> => {
    while (performance.now() < until) {
      await (random() < 0.05 ? client.createBot(random) : client.placeOrder(random));
    }
  };
  const trading = Promise.all(Array.from({ length: TRADERS }, trade));
  await sleep(Math.max(0, until - performance.now() - random() * 50));
  await killHard(service);
  await trading;
  ending.abort();
  await listening;
  return [];
}

/** The last start: everything that was acknowledged is told over HTTP too, the events have no gap, and SIGTERM ends it. */
async function endInPeace(world: World, running: Service[]): Promise<string[]> {
  const { client } = world;
  const service = world.start();
  running.splice(0, running.length, service);
  const late = await untilReady(world, service);
  if (late !== undefined) return [late];
  const ending = new AbortController();
  const listening = client.listen(ending.signal);
  const newestId = newestEventId(world.database);
  const end = performance.now() + EVENTS_WITHIN_MS;
  while ((client.events.at(-1) ?? 0) < newestId && performance.now() < end) await sleep(20);
  ending.abort();
  await listening;
  const problems = lostFromAnswer(await client.readOrders(), client.acknowledged.orders);
  if ((client.events.at(-1) ?? 0) < newestId)
    problems.push(`lost: the events up to ${newestId} were not told within ${EVENTS_WITHIN_MS} ms`);
  service.child.kill('SIGTERM');
  const [code] = await Promise.race([
    service.exited,
    sleep(EXIT_WITHIN_MS, ['nothing within 10 s'], { ref: false }),
  ]);
  if (code !== 0) problems.push(`after SIGTERM the exit code was ${code}: ${service.output().slice(-2_000)}`);
  return [...problems, ...inspect(world)];
}

function inspect({ database, client }: World): string[] {
  return [
    ...inspectBooks(database, client.acknowledged),
    ...inspectEvents(database, client.events),
    ...client.complaints,
  ];
}

async function untilReady(world: World, service: Service): Promise<string | undefined> {
  const end = performance.now() + READY_WITHIN_MS;
  while (performance.now() < end && service.child.exitCode === null) {
    try {
      const answer = await fetch(`${world.url}/api/health/ready`, { signal: AbortSignal.timeout(1_000) });
      await answer.body?.cancel();
      if (answer.status === 200) return undefined;
    } catch {
      // Not listening yet.
    }
    await sleep(20);
  }
  return `the service was not ready within ${READY_WITHIN_MS} ms: ${service.output().slice(-2_000)}`;
}

async function killHard(service: Service): Promise<void> {
  service.child.kill('SIGKILL');
  await service.exited;
}
