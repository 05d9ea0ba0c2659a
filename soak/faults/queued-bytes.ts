/** Bytes that a service has written and its client has not taken, as the kernel counts them. Used by slow-reader. */
import { readProcText } from '../../harness/supervisors/proc.ts';

const LINE = /: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):/g;

/** What waits on the connection from `localPort`, the service's, to `remotePort`. */
export function queuedBytes(localPort: number, remotePort: number): number {
  const text = `${readProcText('/proc/self/net/tcp') ?? ''}\n${readProcText('/proc/self/net/tcp6') ?? ''}`;
  for (const [, local = '', remote = '', queued = ''] of text.matchAll(LINE)) {
    if (Number.parseInt(local, 16) === localPort && Number.parseInt(remote, 16) === remotePort)
      return Number.parseInt(queued, 16);
  }
  return 0;
}
