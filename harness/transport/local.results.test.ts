/** A command is a result or a reason, never an exception. */
import { describe, expect, it } from 'vitest';
import { localTransport } from './local.ts';

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
});
