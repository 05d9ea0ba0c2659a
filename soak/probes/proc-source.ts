/**
 * Where what is known of a process comes from: the /proc of this host, or a picture of another one's, taken through a
 * transport in one go. Used by `process-sample.ts`.
 */
import { readFileSync } from 'node:fs';
import {
  commandOf,
  descendantsOf,
  descriptorTargets,
  hasProc,
  parseStat,
  readStat,
} from '../../harness/supervisors/proc.ts';
import { parseTcp, tcpSocketsOf } from '../../harness/supervisors/proc-sockets.ts';
import type { ProcessStat } from '../../harness/supervisors/proc.ts';
import type { TcpSocket } from '../../harness/supervisors/proc-sockets.ts';
import type { Transport } from '../../harness/transport/transport.ts';

/** Each throws with the reason when it cannot be read. */
export interface ProcSource {
  descriptorTargets(): string[];
  /** The TCP sockets among those of the process. */
  tcpSockets(inodes: ReadonlySet<string>): TcpSocket[];
  descendants(): { pid: number; state: string; command: string }[];
  /** Text of its /proc/PID/status. */
  status(): string;
  /** `undefined` when it is gone. */
  state(): string | undefined;
}

export function localSource(pid: number): ProcSource {
  const demandProc = (): void => {
    if (!hasProc()) throw new Error('this system has no /proc');
  };
  return {
    descriptorTargets: () => {
      demandProc();
      return descriptorTargets(pid);
    },
    tcpSockets: (inodes) => tcpSocketsOf(pid, inodes),
    descendants: () => {
      demandProc();
      return descendantsOf(pid).map((stat) => ({
        pid: stat.pid,
        state: stat.state,
        command: commandOf(stat.pid),
      }));
    },
    status: () => {
      demandProc();
      return readFileSync(`/proc/${pid}/status`, 'latin1');
    },
    state: () => readStat(pid)?.state,
  };
}

const PICTURE_WITHIN_MS = 10_000;
const SECTION = '\u001eshakedown ';
const PICTURE = `section() { printf '\\n\\036shakedown %s\\n' "$1"; }
section fd; find "/proc/$1/fd" -type l -printf '%l\\n' || exit 1
section tcp; cat "/proc/$1/net/tcp" "/proc/$1/net/tcp6" 2>/dev/null
section status; cat "/proc/$1/status" || exit 1
section stat; cat /proc/[0-9]*/stat 2>/dev/null
section end`;

/** A picture of the process as it is now; what could not be taken is told by each question. */
export async function sourceThrough(transport: Transport, pid: number): Promise<ProcSource> {
  const result = await transport.run(['sh', '-c', PICTURE, 'sh', String(pid)], {
    timeoutMs: PICTURE_WITHIN_MS,
  });
  const problem = !result.ran ? result.reason : result.code === 0 ? undefined : result.stderr.trim();
  const sections = new Map(
    (result.ran ? result.stdout : '').split(`\n${SECTION}`).map((text) => {
      const end = text.indexOf('\n');
      return [text.slice(0, end).replace(SECTION, ''), text.slice(end + 1)] as const;
    }),
  );
  const section = (name: string): string => {
    const text = sections.get(name);
    // Cut off, it would look like less than there is.
    if (text === undefined || !sections.has('end')) throw new Error(problem ?? `the picture has no ${name}`);
    return text;
  };
  const stats = (): ProcessStat[] => linesOf(section('stat')).map(parseStat);
  return {
    descriptorTargets: () => linesOf(section('fd')),
    tcpSockets: (inodes) => parseTcp(section('tcp')).filter(({ inode }) => inodes.has(inode)),
    descendants: () =>
      descendantsOf(pid, stats()).map(({ pid: child, state, command }) => ({ pid: child, state, command })),
    status: () => section('status'),
    state: () => /^State:\s+(\S)/m.exec(sections.get('status') ?? '')?.[1],
  };
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}
