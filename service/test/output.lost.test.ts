/** The service works and stops in order when its log cannot be written. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { ADMIN, freePort, until } from './subjects.ts';

let kill: () => void = () => undefined;
afterEach(() => kill());

it('a full disk under its log takes lines, not the service', async () => {
  const port = await freePort();
  const output = openSync('/dev/full', 'w');
  const service = spawn(process.execPath, ['src/main.ts'], {
    cwd: new URL('..', import.meta.url),
    env: {
      PATH: process.env['PATH'],
      PORT: String(port),
      DATABASE_PATH: ':memory:',
      EXCHANGES: 'none',
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
    },
    stdio: ['ignore', output, output],
  });
  kill = () => void service.kill('SIGKILL');
  closeSync(output);
  const exited = once(service, 'exit');
  const isReady = async () =>
    (await fetch(`http://127.0.0.1:${port}/api/health/ready`).catch(() => undefined))?.status === 200;
  await until('readiness', isReady, 20_000);
  service.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
});
