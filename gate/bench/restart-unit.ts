/**
 * Restarts a unit again and again while clients ask, paced by its readiness and by theirs. Called by the bench of the
 * restarts for each turn.
 */
import { deadlineIn, poll } from '../../harness/deadline.ts';
import type { Stand } from '../../deployment/machine/step.ts';
import type { Restart } from './result.ts';
import type { SteadyLoad } from './steady-load.ts';

export interface RestartLoop {
  stand: Stand;
  unit: string;
  restarts: number;
  clients: readonly SteadyLoad[];
  /** How many requests a client must have been answered between two restarts. */
  settledAfter: number;
}

const SETTLE_LIMIT_MS = 30_000;

export async function restartUnit({
  stand,
  unit,
  restarts,
  clients,
  settledAfter,
}: RestartLoop): Promise<Restart[]> {
  const all: Restart[] = [];
  await settle(clients, settledAfter);
  let before = (await look(stand, unit)).invocation;
  for (let count = 0; count < restarts && !stand.signal.aborted; count += 1) {
    const askedAtMs = performance.now();
    // Blocks until the service says that it is ready, by Type=notify.
    const ended = await stand.inside(['systemctl', 'restart', unit]);
    const endedAtMs = performance.now();
    const { invocation, active, stopAtMs } = await look(stand, unit);
    const restart = { askedAtMs, tookMs: endedAtMs - askedAtMs };
    if (ended.code !== 0) all.push({ ...restart, refused: ended.stderr.trim() || `exit code ${ended.code}` });
    else if (active !== 'active') all.push({ ...restart, refused: `the unit is ${active} after it` });
    else if (invocation === before) all.push({ ...restart, refused: 'the unit was not started anew' });
    else if (stopAtMs < askedAtMs || stopAtMs > endedAtMs)
      all.push({ ...restart, refused: 'by what systemd wrote down it was not stopped meanwhile' });
    else all.push({ ...restart, stopAtMs });
    before = invocation;
    await settle(clients, settledAfter);
  }
  return all;
}

/** Until nobody waits and the usual rate is answered again: the next restart meets a client in its stride. */
async function settle(clients: readonly SteadyLoad[], answers: number): Promise<void> {
  const sinceMs = performance.now();
  const settled = await poll(
    () => (clients.every((client) => client.answeredSince(sinceMs) >= answers) ? true : undefined),
    deadlineIn(SETTLE_LIMIT_MS, `${answers} answers for each client`),
    { firstMs: 10, maxMs: 25 },
  );
  if (!settled.met) throw new Error(settled.reason);
}

interface Look {
  invocation: string;
  active: string;
  stopAtMs: number;
}

async function look({ must }: Stand, unit: string): Promise<Look> {
  const names = ['InvocationID', 'ActiveState', 'ActiveExitTimestampMonotonic'];
  const shown = await must(['systemctl', 'show', unit, ...names.map((name) => `--property=${name}`)]);
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(shown)?.[1] ?? '';
  // The machine has the clock of this host; `performance` counts from the start of this process.
  const clockAheadMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  return {
    invocation: value('InvocationID'),
    active: value('ActiveState'),
    stopAtMs: Number(value('ActiveExitTimestampMonotonic')) / 1e3 - clockAheadMs,
  };
}
