/** What the kernel knows of a connection to the service. Used by the scenarios of the group `clients`. */
import { readProcText } from '../../harness/supervisors/proc.ts';

export interface ConnectionState {
  /** Bytes that the service has written and its client has not taken. */
  queued: number;
  /** Bytes of the client that the service has not read. */
  unread: number;
  /** The service has taken it from the listener's queue. */
  accepted: boolean;
}

/** sl, local, remote, state, tx:rx, tr:tm, retransmits, uid, timeout, inode. */
const LINE =
  /: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]{2} ([0-9A-F]{8}):([0-9A-F]{8}) \S+ \S+ +\d+ +\d+ (\d+)/g;

/** The service's side of the connection from `remotePort` to its `localPort`; undefined: there is none, or it cannot be seen. */
export function connectionState(localPort: number, remotePort: number): ConnectionState | undefined {
  const text = `${readProcText('/proc/self/net/tcp') ?? ''}\n${readProcText('/proc/self/net/tcp6') ?? ''}`;
  for (const [, local = '', remote = '', queued = '', unread = '', inode] of text.matchAll(LINE)) {
    if (Number.parseInt(local, 16) === localPort && Number.parseInt(remote, 16) === remotePort)
      return {
        queued: Number.parseInt(queued, 16),
        unread: Number.parseInt(unread, 16),
        accepted: inode !== '0',
      };
  }
  return undefined;
}
