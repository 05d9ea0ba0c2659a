/** Why a server cannot listen, and what to do. Used by `http-server.ts`. */

/** `listenFd` is the socket that was passed, if one was. */
export function explainListenError(
  error: unknown,
  { host, port, listenFd }: { host: string; port: number; listenFd: number | null },
): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (listenFd !== null) {
    return new Error(
      `cannot listen on descriptor ${listenFd}, which LISTEN_FDS says was passed: ${message}; pass a stream socket that is bound (ListenStream= in the socket unit), or unset LISTEN_FDS and LISTEN_PID to listen on HOST and PORT`,
      { cause: error },
    );
  }
  const where = `cannot listen on ${host}:${port}`;
  if (code === 'EADDRINUSE') {
    return new Error(
      `${where}: the port is in use; stop the program that holds it, or set PORT to a free one`,
      { cause: error },
    );
  }
  if (code === 'EACCES') {
    return new Error(
      `${where}: not permitted; set PORT to one above 1023, or give the process the right to bind it`,
      { cause: error },
    );
  }
  return new Error(`${where}: ${message}; check HOST and PORT`, { cause: error });
}
