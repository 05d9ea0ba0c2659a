/** The process supervisor with real services that misbehave. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { deadlineIn } from '../deadline.ts';
import { UsageError } from '../errors.ts';
import { RUN_MARK_VARIABLE } from '../stage.ts';
import { findFreePort, probePort } from './ports.ts';
import { carriesVariable, listProcesses, readStat } from './proc.ts';
import { StartFailure } from './supervisor.ts';
import { superviseFixture } from './test-supervisor.ts';
import type { TestSupervisor } from './test-supervisor.ts';

const soon = (what: string, ms = 10_000) => deadlineIn(ms, what);
const ended: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

function supervise(...args: Parameters<typeof superviseFixture>): TestSupervisor {
  const test = superviseFixture(...args);
  ended.push(() => test.end());
  return test;
}

function script(text: string): string[] {
  return ['node', '--eval', text];
}

function carriersOf(runMark: string): number[] {
  return listProcesses()
    .filter(({ pid }) => carriesVariable(pid, RUN_MARK_VARIABLE, runMark))
    .map(({ pid }) => pid);
}

describe('readiness', () => {
  it('is raced by the exit, and the reason quotes the last lines of the log', async () => {
    const { supervisor } = supervise('exits-at-once.js');
    const instance = await supervisor.start();
    const readiness = await instance.ready(soon('readiness'));
    expect(readiness).toMatchObject({
      kind: 'exited',
      exit: { code: 1 },
      reason: expect.stringContaining('start failed'),
    });
    expect(readiness.afterMs).toBeLessThan(5_000);
  });

  it('that never comes says what was answered last', async () => {
    const { supervisor } = supervise('never-ready.js');
    const instance = await supervisor.start();
    const readiness = await instance.ready(soon('readiness', 1_000));
    expect(readiness).toMatchObject({ kind: 'not-ready', listeningOn: [instance.port] });
    expect(readiness).toMatchObject({
      reason: expect.stringMatching(/answered 503, expected 200.*it does listen on/),
    });
  });

  it('says where the service listens instead', async () => {
    const { supervisor } = supervise('listens-elsewhere.js');
    const instance = await supervisor.start();
    const port = instance.port ?? 0;
    const readiness = await instance.ready(soon('readiness', 1_000));
    const reason = `it listens on 127.0.0.1:${port + 1}, expected ${port}`;
    expect(readiness).toMatchObject({ kind: 'not-ready', reason: expect.stringContaining(reason) });
  });

  it('can be told by a log line, without a port', async () => {
    const command = script('console.log("up and running"); setInterval(() => {}, 1000)');
    const { supervisor } = supervise('', { command, port: 'none', readiness: { log: '^up and' }, env: {} });
    const instance = await supervisor.start();
    expect(instance.port).toBeUndefined();
    expect(await instance.ready(soon('readiness'))).toMatchObject({
      kind: 'ready',
      by: 'log line "up and running"',
    });
  });

  it('answered by another process is none', async () => {
    const port = await findFreePort('127.0.0.1');
    const impostor = supervise('healthy.js', { port });
    const holder = await impostor.supervisor.start();
    await holder.ready(soon('readiness'));
    const idle = supervise('', { port, command: script('setInterval(() => {}, 1000)') });
    const instance = await idle.supervisor.start({ portProved: true });
    const readiness = await instance.ready(soon('readiness'));
    expect(readiness).toMatchObject({
      kind: 'not-ready',
      reason: expect.stringContaining(`answered by pid ${holder.pid}`),
    });
  });
});

describe('start', () => {
  it('fails when the port is taken, naming who has it', async () => {
    const server = createServer();
    const port = await findFreePort('127.0.0.1');
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    ended.push(() => server.close());
    const { supervisor } = supervise('healthy.js', { port });
    await expect(supervisor.start()).rejects.toThrow(StartFailure);
    await expect(supervisor.start()).rejects.toThrow(`pid ${process.pid} (`);
  });

  it('fails when the program does not exist', async () => {
    const { supervisor } = supervise('', { command: ['no-such-program-anywhere'] });
    await expect(supervisor.start()).rejects.toThrow(
      /cannot run no-such-program-anywhere: .*ENOENT.*service\.command/,
    );
  });

  it.each([
    [{ node: 'no/such/node' }, /^service\.node: no program "no\/such\/node"/],
    [{ node: 'no-such-node' }, /^service\.node: .* service's PATH/],
    [{ envFile: 'no-such-file.env' }, /^service\.envFile: cannot read/],
    [{ cwd: 'no-such-folder' }, /^service\.cwd: no folder/],
  ])('names the key that is wrong: %j', async (changes, message) => {
    const { supervisor } = supervise('healthy.js', changes);
    await expect(supervisor.start()).rejects.toThrow(UsageError);
    await expect(supervisor.start()).rejects.toThrow(message);
  });

  it('fills in the placeholders, reads the environment file, and masks what is secret', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
    ended.push(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'service.env'), '# comment\nAPI_TOKEN="from the file"\nCOLOUR=red\n');
    const { supervisor, log, runMark } = supervise('', {
      command: [
        ...script('console.log(JSON.stringify([process.env, process.argv]))'),
        '--',
        '{port}',
        '{scratch}',
      ],
      envFile: join(folder, 'service.env'),
      env: { PORT: '{port}', KEY: '{random}', COLOUR: 'blue' },
    });
    const instance = await supervisor.start();
    await instance.exited(soon('exit'));
    const [raw = ''] = instance.logs(instance.logStart).lines;
    const [environment, words] = JSON.parse(raw) as [Record<string, string>, string[]];
    expect(environment).toMatchObject({
      PORT: String(instance.port),
      COLOUR: 'blue',
      API_TOKEN: 'from the file',
    });
    expect(environment.KEY).toMatch(/^[0-9a-f]{48}$/);
    expect(environment[RUN_MARK_VARIABLE]).toBe(runMark);
    expect(words.at(-2)).toBe(String(instance.port));
    expect(words.at(-1)).toMatch(/^\/.*\/scratch$/);
    expect(log()).toContain('blue');
    expect(log()).not.toContain('from the file');
    expect(log()).not.toContain(environment.KEY);
  });
});

describe('stop', () => {
  it('that is ignored leaves the service running until it is disposed of', async () => {
    const { supervisor, runMark } = supervise('ignores-sigterm.js');
    const instance = await supervisor.start();
    await instance.ready(soon('readiness'));
    await instance.signal('SIGTERM');
    expect(await instance.exited(soon('the exit', 300))).toMatchObject({ kind: 'still-running' });
    expect(carriersOf(runMark)).toEqual([instance.pid]);
    await supervisor.dispose();
    expect(readStat(instance.pid)).toBeUndefined();
    expect(carriersOf(runMark)).toEqual([]);
  });

  it('leaves a child that is seen as a survivor and ended', async () => {
    const { supervisor, runMark } = supervise('leaves-child.js');
    const instance = await supervisor.start();
    await instance.ready(soon('readiness'));
    await instance.signal('SIGTERM');
    await instance.exited(soon('exit'));
    const survivors = await supervisor.survivors();
    expect(survivors).toMatchObject({
      readable: true,
      value: [{ command: expect.stringContaining('setTimeout') }],
    });
    expect(await supervisor.endSurvivors()).toEqual([]);
    expect(carriersOf(runMark)).toEqual([]);
  });

  it('leaves a port held by a child, and disposing frees it', async () => {
    const { supervisor } = supervise('holds-port.js');
    const instance = await supervisor.start();
    await instance.ready(soon('readiness'));
    await instance.signal('SIGTERM');
    await instance.exited(soon('exit'));
    expect(await probePort(instance.port ?? 0, instance.host)).toEqual({ free: false, reason: 'EADDRINUSE' });
    await supervisor.dispose();
    expect(await probePort(instance.port ?? 0, instance.host)).toEqual({ free: true });
  });
});

describe('output', () => {
  it('reaches the log whole, however fast it is written before the exit, and is masked by the line', async () => {
    const text =
      'let s = ""; for (let i = 0; i < 50000; i += 1) s += `line ${i} token=abcdefgh${i}\\n`;' +
      'process.stdout.write(s + "half a line"); process.exitCode = 7';
    const { supervisor, log } = supervise('', { command: script(text) });
    const instance = await supervisor.start();
    expect(await instance.exited(soon('exit'))).toMatchObject({ exit: { code: 7 } });
    const lines = log().split('\n');
    expect(lines).toHaveLength(50_002);
    expect(lines[49_999]).toBe('line 49999 token=***');
    expect(lines[50_000]).toBe('half a line');
    expect(log()).not.toContain('abcdefgh');
  });

  it('of one life does not run into that of the next', async () => {
    const { supervisor, log } = supervise('', { command: script('process.stdout.write("no line end")') });
    for (let life = 0; life < 2; life += 1) {
      const instance = await supervisor.start();
      await instance.exited(soon('exit'));
    }
    expect(log()).toBe('no line end\nno line end\n');
  });

  it('goes to a file that is gone after disposal', async () => {
    const { supervisor } = supervise('healthy.js', { env: { PORT: '{port}', WHERE: '{scratch}' } });
    const instance = await supervisor.start();
    const environment = readFileSync(`/proc/${instance.pid}/environ`, 'latin1');
    const scratch = /\0WHERE=([^\0]+)/.exec(environment)?.[1] ?? '';
    expect(existsSync(scratch)).toBe(true);
    await supervisor.dispose();
    expect(existsSync(scratch)).toBe(false);
  });
});
