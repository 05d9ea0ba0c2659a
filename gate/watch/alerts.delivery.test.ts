/** Who is to be told is told once, also by a command that fails at first, and across a restart of the watch. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deliverAlerts, planAlerts } from './alerts.ts';
import { newLedger, type Ledger, type Look } from './ledger.ts';

let folder: string;
let ledger: Ledger;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shakedown-alerts-'));
  ledger = newLedger(new Date());
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const look = (outcome: Look['outcome'], subject = 'GET /'): Look => ({
  check: 'health-answered',
  subject,
  outcome,
  message: 'm',
});
const plan = (...looks: Look[]): void => planAlerts(ledger, looks, new Date());
const deliver = async (script: string, withinMs = 10_000): Promise<Look[]> => {
  const alert = { command: ['sh', '-c', script], withinMs };
  const looks = await deliverAlerts(ledger, alert, { service: 's', folder, cwd: folder }, () => {});
  // As a watch that was killed would find it.
  ledger = JSON.parse(JSON.stringify(ledger)) as Ledger;
  return looks;
};
const NOTE = 'cat > /dev/null; echo "$SHAKEDOWN_EVENT $SHAKEDOWN_SUBJECT" >> told';
const told = (): string => readFileSync(join(folder, 'told'), 'utf8').trim();

it('once when it begins and once when it is over; what is unknown is neither', async () => {
  plan(look('fail'), look('fail', 'GET /b'));
  plan(look('unknown'), look('fail'));
  expect((await deliver(NOTE)).map(({ outcome }) => outcome)).toEqual(['pass', 'pass']);
  plan(look('unknown'));
  plan(look('pass'));
  plan(look('pass'));
  await deliver(NOTE);
  plan(look('fail'));
  await deliver(NOTE);
  expect(told()).toBe('failed GET /\nfailed GET /b\nrecovered GET /\nfailed GET /');
});

it('again when the command fails, three times in all, and that is a failure of its own', async () => {
  plan(look('fail'));
  const outcomes: string[] = [];
  for (let time = 0; time < 5; time += 1)
    outcomes.push(
      ...(await deliver('cat > /dev/null; exit 7')).map(
        ({ outcome, message }) => `${outcome} ${/ended with 7/.test(message)}`,
      ),
    );
  expect(outcomes).toEqual(['fail true', 'fail true', 'fail true']);
  expect(ledger.pending).toEqual([]);
});

it('nobody where no command is configured', async () => {
  plan(look('fail'));
  expect(await deliverAlerts(ledger, undefined, { service: 's', folder, cwd: folder }, () => {})).toEqual([]);
  expect(ledger.pending).toEqual([]);
});

it('by a command that leaves something behind which holds its output: that is a failure, and holds up nobody', async () => {
  plan(look('fail'));
  const [delivered] = await deliver('setsid sleep 5 & exit 0', 500);
  expect(delivered).toMatchObject({
    outcome: 'fail',
    message: expect.stringContaining('may hold its output') as string,
  });
});
