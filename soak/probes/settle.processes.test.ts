/** Probes look at real processes, and say why when there is nothing to see. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { findFreePort } from '../../harness/supervisors/ports.ts';
import { childGrowth, descriptorGrowth } from '../growth.ts';
import { lookAt } from './process-sample.ts';
import { localSource } from './proc-source.ts';
import { settle } from './settle.ts';

const children: ChildProcess[] = [];

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

/** Runs a script that prints a line when it has done what it does. */
async function run(script: string): Promise<number> {
  const child = spawn(process.execPath, ['--eval', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

describe('a look at a process', () => {
  it('counts descriptors by kind, sockets by state, children with their state', async () => {
    const port = await findFreePort('127.0.0.1');
    const pid = await run(`
      const fs = require('node:fs'); fs.openSync(process.execPath); fs.openSync('/dev/null');
      const child = require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)']);
      process.on('exit', () => child.kill());
      require('node:net').createServer((socket) => socket.write('accepted')).listen(${port}, '127.0.0.1', () => console.log('up'));`);
    const client = connect(port, '127.0.0.1');
    await once(client, 'data');
    const { sample } = await settle({ pid, port: undefined, withinMs: 2_000 });
    expect(sample.sockets).toMatchObject({ readable: true, value: { LISTEN: 1, ESTABLISHED: 1 } });
    expect(lookAt(localSource(pid), port).accepted).toEqual({ readable: true, value: 1 });
    expect(sample.descriptors).toMatchObject({ readable: true, value: { byKind: { file: 1 } } });
    expect(sample.children).toMatchObject({
      readable: true,
      value: [{ command: expect.stringContaining('setTimeout') }],
    });
    expect(sample.threads.readable && sample.threads.value).toBeGreaterThan(3);
    expect(sample.rssBytes.readable && sample.rssBytes.value).toBeGreaterThan(10_000_000);
    client.destroy();
  });

  it('says that a process is gone instead of counting nothing', async () => {
    const pid = await run('console.log("up"); setInterval(() => {}, 1000)');
    const before = lookAt(localSource(pid), undefined).sample;
    const [child] = children;
    child?.kill('SIGKILL');
    if (child !== undefined) await once(child, 'exit');
    const { sample, accepted } = lookAt(localSource(pid), 20_000);
    for (const reading of [...Object.values(sample), accepted]) {
      expect(reading).toMatchObject({ readable: false, reason: expect.stringMatching(/exited|ENOENT/) });
    }
    expect(descriptorGrowth(before, sample).readable).toBe(false);
    expect(childGrowth(before, sample).readable).toBe(false);
  });
});

describe('settling', () => {
  it('waits for connections to be closed, and says so when they are not', async () => {
    const port = await findFreePort('127.0.0.1');
    const pid = await run(
      `require('node:net').createServer().listen(${port}, '127.0.0.1', () => console.log('up'))`,
    );
    const baseline = (await settle({ pid, port, withinMs: 2_000 })).sample;
    const client = connect(port, '127.0.0.1');
    await once(client, 'connect');
    const open = await settle({ pid, port, withinMs: 200, baseline });
    expect(open).toMatchObject({ settled: false, waitingFor: '1 connections are still open' });
    const settling = settle({ pid, port, withinMs: 5_000, baseline });
    client.destroy();
    expect(await settling).toMatchObject({ settled: true });
  });

  it('behind a proxy counts what that keeps by itself; what it has closed is the service’s again', async () => {
    const port = await findFreePort('127.0.0.1');
    const pid = await run(
      `require('node:net').createServer({ allowHalfOpen: true }, (socket) => socket.write('hello'))
        .listen(${port}, '127.0.0.1', () => console.log('up'))`,
    );
    const target = { pid, port, behindProxy: true };
    const baseline = (await settle({ ...target, withinMs: 2_000 })).sample;
    const proxy = connect(port, '127.0.0.1');
    await once(proxy, 'data');
    const kept = await settle({ ...target, withinMs: 2_000, baseline });
    expect(kept).toMatchObject({
      settled: true,
      sample: { descriptors: { value: { byKind: { 'socket of the proxy': 1 } } } },
    });
    proxy.end();
    const closed = await settle({ ...target, withinMs: 300, baseline });
    expect(closed).toMatchObject({ settled: false, waitingFor: 'descriptors: socket +1' });
    proxy.destroy();
  });

  it('does not end while descriptors come and go', async () => {
    const pid = await run(`const fs = require('node:fs'); console.log('up');
      setInterval(() => { const fd = fs.openSync(process.execPath); setTimeout(() => fs.closeSync(fd), 3) }, 6)`);
    const settled = await settle({ pid, port: undefined, withinMs: 40 });
    if (!settled.settled) expect(settled.waitingFor).toMatch(/descriptors still change/);
    const stopped = await settle({ pid, port: undefined, withinMs: 1, signal: AbortSignal.abort() });
    expect(stopped.settled).toBe(false);
  });

  it('with a leak ends at its limit and names what grew', async () => {
    const pid = await run(
      `const fs = require('node:fs'); console.log('up');
      process.on('SIGUSR2', () => { fs.openSync(process.execPath); fs.openSync(process.execPath) })` +
        ';setInterval(() => {}, 1000)',
    );
    const baseline = (await settle({ pid, port: undefined, withinMs: 2_000 })).sample;
    process.kill(pid, 'SIGUSR2');
    let growth = descriptorGrowth(baseline, lookAt(localSource(pid), undefined).sample);
    for (let look = 0; look < 500 && growth.readable && growth.value.count < 2; look += 1) {
      growth = descriptorGrowth(
        baseline,
        (await settle({ pid, port: undefined, withinMs: 50, baseline })).sample,
      );
    }
    const settled = await settle({ pid, port: undefined, withinMs: 100, baseline });
    expect(settled).toMatchObject({ settled: false, waitingFor: 'descriptors: file +2' });
  });
});
