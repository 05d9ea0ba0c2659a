/** What the tests of the service share: a log that can be read, a free port, and the service as a real process. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pino, type Logger } from 'pino';

export type LogLine = Record<string, unknown> & { level: number; msg: string };

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** A logger whose lines end up in an array. */
export function readableLog(): { log: Logger; lines: LogLine[] } {
  const lines: LogLine[] = [];
  return { log: pino({ level: 'trace' }, { write: (line) => void lines.push(JSON.parse(line)) }), lines };
}

/** A free port on loopback, below the ephemeral range. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = 20_000 + Math.floor(Math.random() * 12_000);
    const server = createServer().listen(port, '127.0.0.1');
    try {
      await once(server, 'listening');
      server.close();
      await once(server, 'close');
      return port;
    } catch {
      // Taken: the next one.
    }
  }
  throw new Error('no free port between 20000 and 31999 on 127.0.0.1 in 50 attempts');
}

export function scratchFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'paper-trading-'));
}

/** Polls until `condition` holds; rejects after `withinMs` with what it waited for. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 15_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited ${withinMs} ms in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export const ADMIN = { email: 'admin@example.com', password: 'an admin of paper' };
export const USER = { email: 'trader@example.com', password: 'a trader of paper' };

/** The service, spawned as its user would: `node src/main.ts`. */
export interface ServiceProcess {
  child: ChildProcess;
  url: string;
  lines: LogLine[];
  stderr: () => string;
  /** Resolves with the exit code and the signal when the output is complete. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  ready(): Promise<void>;
  /** Ends it at once if it still runs, and removes its folder. */
  kill(): Promise<void>;
}

/** `preload` is a module that Node runs first: faults come from outside, the service has no switch for them. */
export async function spawnService(
  env: Record<string, string> = {},
  preload?: string,
): Promise<ServiceProcess> {
  const folder = await scratchFolder();
  const port = env['PORT'] ?? String(await freePort());
  const flags =
    preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
  const child = spawn(process.execPath, [...flags, MAIN], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PORT: port,
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      USER_EMAIL: USER.email,
      USER_PASSWORD: USER.password,
      ...env,
    },
  });
  const lines: LogLine[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  const url = `http://127.0.0.1:${port}`;
  return {
    child,
    url,
    lines,
    stderr: () => errors,
    exited,
    ready: () =>
      until('the service is ready', async () => {
        if (child.exitCode !== null)
          throw new Error(`the service exited with ${child.exitCode}: ${errors}${JSON.stringify(lines)}`);
        return (await statusOf(`${url}/api/health/ready`)) === 200;
      }),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The status of a GET on a connection of its own; undefined when nobody answers. */
export async function statusOf(url: string): Promise<number | undefined> {
  try {
    const answer = await fetch(url, { headers: { connection: 'close' } });
    await answer.body?.cancel();
    return answer.status;
  } catch {
    return undefined;
  }
}
