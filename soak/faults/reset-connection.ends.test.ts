/** A connection that is reset in any turn after its end is closed, and keeps no process. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const WITHIN_MS = 10_000;

/** Ends one connection, resets it at that moment or later, and ends by itself when nothing holds it. */
const program = (reset: string): string => `
import { createServer, connect } from 'node:net';
import { resetConnection } from './soak/faults/reset-connection.ts';
const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => undefined);
  socket.resume();
});
server.listen(0, '127.0.0.1', () => {
  const socket = connect({ port: server.address().port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', (error) => console.log('error', error.code));
  socket.on('close', () => {
    console.log('closed');
    server.close();
  });
  socket.once('connect', () => {
    const reset = () => resetConnection(socket);
    ${reset}
  });
});
`;

it.each([
  ['without an end', 'reset();'],
  ['in the turn of its end', 'socket.end(); reset();'],
  ['in the tick after its end', 'socket.end(); process.nextTick(reset);'],
  ['soon after its end', 'socket.end(); setImmediate(reset);'],
  ['while it writes', 'socket.end(Buffer.alloc(20_000_000)); reset();'],
])('reset %s', async (_when, reset) => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program(reset)], {
    timeout: WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  expect(stdout).toBe('closed\n');
});
