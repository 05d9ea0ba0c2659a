/** The loopback exchanges as a process, for the tests of the service: their addresses, and their mood. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../fixtures/exchanges/main.ts', import.meta.url));

export interface ExchangeFixture {
  urls: { luno: string; binance: string; kucoin: string };
  setMood(mood: string): Promise<void>;
  /** Stops the process where it stands: connections stay open, and nobody answers on them. */
  freeze(): void;
  stop(): Promise<void>;
}

export async function startExchanges(seed = 1): Promise<ExchangeFixture> {
  const child = spawn(process.execPath, [MAIN, '--seed', String(seed)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'close');
  const first = await Promise.race([once(createInterface(child.stdout), 'line'), exited]);
  if (child.exitCode !== null) throw new Error(`the loopback exchanges ended with ${child.exitCode}`);
  const ports: Record<'control' | 'luno' | 'binance' | 'kucoin', number> = JSON.parse(String(first[0]));
  const origin = (name: keyof typeof ports): string => `http://127.0.0.1:${ports[name]}`;
  return {
    urls: { luno: origin('luno'), binance: origin('binance'), kucoin: origin('kucoin') },
    async setMood(mood) {
      const answer = await fetch(`${origin('control')}/moods`, {
        method: 'PUT',
        body: JSON.stringify({ mood }),
      });
      if (answer.status !== 200) throw new Error(`the mood ${mood} was refused: ${await answer.text()}`);
    },
    freeze() {
      child.kill('SIGSTOP');
    },
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
