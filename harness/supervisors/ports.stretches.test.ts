/** Ports of processes that run side by side: a stretch for each, given out in order. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { findFreePort } from './ports.ts';

const HOST = '127.0.0.1';
const PORTS_FILE = fileURLToPath(new URL('./ports.ts', import.meta.url));
const TWENTY = `const { findFreePort } = await import(${JSON.stringify(PORTS_FILE)});
const ports = [];
for (let time = 0; time < 20; time += 1) ports.push(await findFreePort('${HOST}'));
console.log(JSON.stringify({ pid: process.pid, ports }));`;

it('is another one each time, and of another stretch in another process', async () => {
  const own: number[] = [];
  for (let time = 0; time < 20; time += 1) own.push(await findFreePort(HOST));
  expect(new Set(own).size).toBe(20);
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', TWENTY]);
  const other = JSON.parse(stdout) as { pid: number; ports: number[] };
  const stretchOf = (port: number): number => Math.floor((port - 20_000) / 250);
  expect(new Set(own.map(stretchOf))).toEqual(new Set([process.pid % 44]));
  expect(new Set(other.ports.map(stretchOf))).toEqual(new Set([other.pid % 44]));
});

it('is found although the next ones are taken', async () => {
  const first = await findFreePort(HOST);
  const servers = [1, 2, 3].map((step) => {
    const port = first + step;
    return createServer().listen({ port, host: HOST, exclusive: true });
  });
  await Promise.all(servers.map((server) => once(server, 'listening')));
  try {
    const next = await findFreePort(HOST);
    expect([1, 2, 3].map((step) => first + step)).not.toContain(next);
  } finally {
    for (const server of servers) server.close();
  }
});
