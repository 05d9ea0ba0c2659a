/** A command is a result or a reason, never an exception. */
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { localTransport } from './local.ts';
import { transportThrough } from './through.ts';

const node = (text: string) => [process.execPath, '--eval', text];

describe('local transport', () => {
  it('gives code, output and errors, and takes arguments as they are', async () => {
    const script = 'console.log(process.argv[1]); console.error("oh"); process.exitCode = 3';
    const result = await localTransport.run([...node(script), '$HOME `x` "y"'], { timeoutMs: 10_000 });
    expect(result).toMatchObject({ ran: true, code: 3, stdout: '$HOME `x` "y"\n', stderr: 'oh\n' });
  });

  it('hands over the environment and folder it is given, and nothing else', async () => {
    const script = 'console.log(process.cwd(), process.env.COLOUR, process.env.USER_SECRET)';
    process.env.USER_SECRET = 'x';
    const options = {
      timeoutMs: 10_000,
      cwd: '/',
      environment: { COLOUR: 'red', PATH: process.env.PATH ?? '' },
    };
    const result = await localTransport.run(node(script), options);
    delete process.env.USER_SECRET;
    expect(result).toMatchObject({ ran: true, stdout: '/ red undefined\n' });
  });

  it('says why there is no result', async () => {
    const missing = await localTransport.run(['no-such-program-anywhere'], { timeoutMs: 10_000 });
    expect(missing).toMatchObject({ ran: false, reason: expect.stringContaining('not found') });
    const late = await localTransport.run(node('setInterval(() => {}, 1000)'), { timeoutMs: 300 });
    expect(late).toMatchObject({ ran: false, reason: expect.stringContaining('limit 300 ms') });
    const signal = AbortSignal.timeout(300);
    const interrupted = await localTransport.run(node('setInterval(() => {}, 1000)'), {
      timeoutMs: 10_000,
      signal,
    });
    expect(interrupted).toMatchObject({ ran: false, reason: expect.stringContaining('interrupted') });
  });

  it('hands over input, and ends it', async () => {
    const script = 'process.stdin.pipe(process.stdout)';
    const result = await localTransport.run(node(script), { timeoutMs: 10_000, input: 'a\n$b' });
    expect(result).toMatchObject({ ran: true, code: 0, stdout: 'a\n$b' });
    const none = await localTransport.run(node(script), { timeoutMs: 10_000 });
    expect(none).toMatchObject({ ran: true, code: 0, stdout: '' });
  });

  it('streams what a command writes while it runs, and ends it when it is told to', async () => {
    const stop = new AbortController();
    const child = localTransport.stream(node('console.log("first"); setInterval(() => {}, 1000)'), {
      signal: stop.signal,
    });
    child.on('error', () => undefined); // the abort
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    expect(first.toString()).toBe('first\n');
    stop.abort();
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);
  });
});

describe('a transport through an entry', () => {
  const through = (code: number) =>
    transportThrough({
      where: 'there',
      argv: (command, { cwd }) => [
        'sh',
        '-c',
        'cd "$0" && "$@"; code=$?; [ $code -ne 9 ] || exit 255; exit $code',
        cwd ?? '/',
        ...command,
      ],
      failureCode: code,
    });

  it('runs what the entry makes of a command', async () => {
    const result = await through(255).run(['pwd'], { timeoutMs: 10_000, cwd: '/usr' });
    expect(result).toMatchObject({ ran: true, code: 0, stdout: '/usr\n' });
  });

  it("tells the entry's own failure from the command's", async () => {
    const fails = ['sh', '-c', 'echo lost >&2; exit 9'];
    const entry = await through(255).run(fails, { timeoutMs: 10_000 });
    expect(entry).toMatchObject({
      ran: false,
      reason: expect.stringMatching(/there could not be reached.*lost/),
    });
    expect(await through(254).run(fails, { timeoutMs: 10_000 })).toMatchObject({ ran: true, code: 255 });
  });
});
