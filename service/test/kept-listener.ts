/** A listening socket that outlives the services it is handed to, as a socket unit keeps it; and clients of those. */
import { once } from 'node:events';
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import { BoundSocket } from 'node:net';
import { freePort, spawnService, type ServiceProcess } from './subjects.ts';

export interface KeptListener {
  port: number;
  url: string;
  /** A service on this socket. It must be ready before clients come, the first time: until then nobody has listened. */
  spawn(env?: Record<string, string>, preload?: string): Promise<ServiceProcess>;
}

/** This process never accepts from it: who connects while there is no service waits in the queue. */
export async function keepListener(): Promise<KeptListener> {
  const port = await freePort();
  const bound = new BoundSocket({ host: '127.0.0.1', port });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    spawn: (env = {}, preload) => spawnService({ PORT: String(port), ...env }, preload, bound.fd()),
  };
}

/** What became of the requests of an open loop. */
export interface LoadReport {
  sent: number;
  answered: number;
  /** Sent a second time, as clients and proxies do when a connection that was kept is closed before the answer begins. */
  sentAgain: number;
  lost: string[];
  latenciesMs: number[];
}

/** Sends so many requests a second, whatever becomes of those before, until `finish`; each one has half a minute. */
export function openLoop(url: string, perSecond: number, agent: Agent | false) {
  const report: LoadReport = { sent: 0, answered: 0, sentAgain: 0, lost: [], latenciesMs: [] };
  const pending = new Set<Promise<void>>();
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * perSecond;
    for (; report.sent < due; report.sent += 1) {
      const one = sendOne(url, agent, report).finally(() => pending.delete(one));
      pending.add(one);
    }
  }, 2);
  return {
    report,
    finish: async (): Promise<LoadReport> => {
      clearInterval(timer);
      await Promise.all(pending);
      return report;
    },
  };
}

async function sendOne(url: string, agent: Agent | false, report: LoadReport): Promise<void> {
  const begunAt = performance.now();
  const asked: ClientRequest = request(url, { agent, signal: AbortSignal.timeout(30_000) }).end();
  try {
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    await once(answer.resume(), 'end');
    if (answer.statusCode !== 200) throw new Error(`status ${answer.statusCode}`);
    report.answered += 1;
    report.latenciesMs.push(performance.now() - begunAt);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (!asked.reusedSocket || code !== 'ECONNRESET') return void report.lost.push(code);
    report.sentAgain += 1;
    await sendOne(url, false, report);
  }
}
