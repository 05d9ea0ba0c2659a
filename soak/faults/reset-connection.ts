/** Resets a connection of the harness. Used by `proxy.ts`. */
import type { Socket } from 'node:net';

/**
 * Resets the connection, once what has begun of its end is over.
 *
 * `resetAndDestroy` in the turn in which the end is on its way to the kernel fails with EINVAL, and leaves a handle that is
 * neither open nor closed: the process then never ends (Node 20 and 24, seen with 20.20.2 and 24.21.0).
 */
export function resetConnection(socket: Socket): void {
  if (socket.destroyed) return;
  // While there is something to write, the end has not begun.
  const isEnding = socket.writableEnded && !socket.writableFinished && socket.writableLength === 0;
  if (!isEnding) {
    socket.resetAndDestroy();
    return;
  }
  socket.once('finish', () => {
    if (!socket.destroyed) socket.resetAndDestroy();
  });
}
