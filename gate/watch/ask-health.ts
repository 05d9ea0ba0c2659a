/** Asks the service whether it is well: each configured path, each on a connection of its own. A job of the watch. */
import { exchange } from '../../checks/routes/exchange.ts';
import type { Config } from '../../harness/config.ts';
import type { WatchConfig, WatchQuestion } from '../../harness/config/watch.ts';
import type { Look } from './ledger.ts';
import type { LookContext } from './looks.ts';

const BODY_BYTES = 65_536;

export async function askHealth(context: LookContext): Promise<Look[]> {
  return Promise.all(questionsOf(context).map((question) => ask(context, question)));
}

/** The readiness route of the service where nothing else is configured. */
export function questionsOf({ watch, config }: { watch: WatchConfig; config: Config }): WatchQuestion[] {
  if (watch.health !== undefined) return watch.health;
  const readiness = config.service?.readiness;
  if (readiness === undefined || !('http' in readiness)) return [{ path: '/', status: 200, withinMs: 5_000 }];
  return [{ path: readiness.http, status: readiness.status, withinMs: 5_000 }];
}

async function ask({ url = '', signal, pause }: LookContext, question: WatchQuestion): Promise<Look> {
  const { path, status, withinMs } = question;
  const bounds = { withinMs, bodyBytesMax: BODY_BYTES, streamWithinMs: withinMs };
  const { answer, error, interrupted, totalMs } = await exchange(
    { method: 'GET', url: url + path, headers: {} },
    bounds,
    signal,
  );
  const look = (outcome: Look['outcome'], message: string): Look => ({
    check: 'health-answered',
    subject: `GET ${path}`,
    // A service that is being replaced need not answer: that was announced.
    outcome: outcome === 'fail' && pause !== undefined ? 'skip' : outcome,
    message: outcome === 'fail' && pause !== undefined ? `paused (${pause}): ${message}` : message,
    ...(outcome === 'fail'
      ? { fix: 'the log of the service at that time says why; start it again if it is down' }
      : {}),
  });
  if (interrupted === true) return look('unknown', 'the watch ended while it asked');
  if (error !== undefined || answer === undefined) return look('fail', `no answer: ${error ?? 'none'}`);
  if (answer.status === status) return look('pass', `${status} after ${Math.round(totalMs)} ms`);
  return look('fail', `answered ${answer.status}, expected ${status}`);
}
