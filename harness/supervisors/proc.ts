/**
 * Reads /proc: who runs, who belongs to whom, who listens where. Used by the supervisors and by `soak/probes`.
 * Every function answers `undefined` or an empty list for a process that is gone; none throws for that.
 */
import { existsSync, readFileSync, readdirSync, readlinkSync } from 'node:fs';

/** One line of /proc/PID/stat. `startTicks` with the pid names a process for good: pids are reused, both together are not. */
export interface ProcessStat {
  pid: number;
  command: string;
  state: string;
  parentPid: number;
  groupId: number;
  sessionId: number;
  startTicks: number;
}

/** Whether this system has a /proc that can be read. */
export function hasProc(): boolean {
  return existsSync('/proc/self/stat');
}

/** Text of a file of /proc; `undefined` when the process is gone or not ours to read. */
export function readProcText(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

export function readStat(pid: number): ProcessStat | undefined {
  const text = readProcText(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Reads a line of /proc/PID/stat. */
export function parseStat(text: string): ProcessStat {
  // The command may hold spaces and parentheses: the last `)` ends it.
  const end = text.lastIndexOf(')');
  const fields = text.slice(end + 2).split(' ');
  return {
    pid: Number.parseInt(text, 10),
    command: text.slice(text.indexOf('(') + 1, end),
    state: fields[0] ?? '?',
    parentPid: Number(fields[1]),
    groupId: Number(fields[2]),
    sessionId: Number(fields[3]),
    startTicks: Number(fields[19]),
  };
}

/** Every process that can be seen. */
export function listProcesses(): ProcessStat[] {
  return processIds()
    .map(readStat)
    .filter((stat) => stat !== undefined);
}

function processIds(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** Whether the process was started with `name=value` in its environment. A zombie has none. */
export function carriesVariable(pid: number, name: string, value: string): boolean {
  const environment = readProcText(`/proc/${pid}/environ`);
  if (environment === undefined) return false;
  return `\0${environment}\0`.includes(`\0${name}=${value}\0`);
}

/** Every living process below `pid`, zombies included. */
export function descendantsOf(
  pid: number,
  processes: readonly ProcessStat[] = listProcesses(),
): ProcessStat[] {
  const byParent = Map.groupBy(processes, (stat) => stat.parentPid);
  const found: ProcessStat[] = [];
  const waiting = [pid];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    for (const child of byParent.get(parent) ?? []) {
      found.push(child);
      waiting.push(child.pid);
    }
  }
  return found;
}

/** Program and arguments of a process, for a person; falls back to its short name. */
export function commandOf(pid: number): string {
  const line = readProcText(`/proc/${pid}/cmdline`)?.replaceAll('\0', ' ').trim();
  if (line !== undefined && line !== '') return line;
  return readStat(pid)?.command ?? 'gone';
}

/** Targets of a process's descriptors: `socket:[123]`, `pipe:[4]`, `/path`. Throws when they may not be read. */
export function descriptorTargets(pid: number): string[] {
  const targets: string[] = [];
  for (const name of readdirSync(`/proc/${pid}/fd`)) {
    try {
      targets.push(readlinkSync(`/proc/${pid}/fd/${name}`));
    } catch {
      // Closed between the listing and the look: it is not open, so it does not count.
    }
  }
  return targets;
}

/** One TCP socket of this network namespace. */
export interface TcpSocket {
  localPort: number;
  /** 0 of a socket that listens. */
  remotePort: number;
  state: string;
  inode: string;
}

const TCP_STATES: Record<string, string> = {
  '01': 'ESTABLISHED',
  '02': 'SYN_SENT',
  '03': 'SYN_RECV',
  '04': 'FIN_WAIT1',
  '05': 'FIN_WAIT2',
  '06': 'TIME_WAIT',
  '07': 'CLOSE',
  '08': 'CLOSE_WAIT',
  '09': 'LAST_ACK',
  '0A': 'LISTEN',
  '0B': 'CLOSING',
};

/**
 * Ports, state and inode of a line that is not in TIME_WAIT. One expression over the whole file: on a busy host
 * thousands of lines are in TIME_WAIT, and this is read many times a second.
 */
const TCP_LINE =
  /: [0-9A-F]+:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) (0[1-57-9A-F]) \S+ \S+ \S+\s+\d+\s+\d+\s+(\d+)/g;

/** Listening sockets by inode, as of the last reading: a listening socket stays one for as long as it exists. */
const knownListeners = new Map<string, TcpSocket>();

/** The TCP sockets that `pid` sees (its network namespace), without those in TIME_WAIT, which no process owns. */
export function tcpSockets(pid: number | 'self' = 'self'): TcpSocket[] {
  const text = `${readProcText(`/proc/${pid}/net/tcp`) ?? ''}\n${readProcText(`/proc/${pid}/net/tcp6`) ?? ''}`;
  const sockets = parseTcp(text);
  knownListeners.clear();
  for (const socket of sockets) if (socket.state === 'LISTEN') knownListeners.set(socket.inode, socket);
  return sockets;
}

/** Reads the lines of /proc/PID/net/tcp and tcp6. */
export function parseTcp(text: string): TcpSocket[] {
  return [...text.matchAll(TCP_LINE)].map(([, port = '', remote = '', state = '', inode = '']) => ({
    localPort: Number.parseInt(port, 16),
    remotePort: Number.parseInt(remote, 16),
    state: TCP_STATES[state] ?? state,
    inode,
  }));
}

/**
 * The TCP sockets among a process's own. The system's tables take about 10 ms to read: they are left alone where
 * nothing is open but listening sockets that are known.
 */
export function tcpSocketsOf(pid: number, inodes: ReadonlySet<string>): TcpSocket[] {
  const known = [...inodes]
    .map((inode) => knownListeners.get(inode))
    .filter((socket) => socket !== undefined);
  if (known.length === inodes.size) return known;
  return tcpSockets(pid).filter((socket) => inodes.has(socket.inode));
}

/** Whether a process, or one of its descendants, listens on a port; `undefined` when nobody is seen to. */
export function listensOn(pid: number, port: number): boolean | undefined {
  const inodes = tcpSockets(pid)
    .filter((socket) => socket.localPort === port && socket.state === 'LISTEN')
    .map((socket) => socket.inode);
  if (inodes.length === 0) return undefined;
  const owns = (id: number): boolean => {
    const own = socketInodes(id);
    return inodes.some((inode) => own.has(inode));
  };
  return owns(pid) || descendantsOf(pid).some((stat) => owns(stat.pid));
}

/** Inodes of the sockets a process has open; empty when they may not be read. */
export function socketInodes(pid: number): Set<string> {
  try {
    const matches = descriptorTargets(pid).map((target) => /^socket:\[(\d+)\]$/.exec(target)?.[1]);
    return new Set(matches.filter((inode) => inode !== undefined));
  } catch {
    return new Set();
  }
}

/** Ports that a process or one of its descendants listens on, in order. */
export function listeningPorts(pid: number): number[] {
  const inodes = new Set(
    [pid, ...descendantsOf(pid).map((stat) => stat.pid)].flatMap((id) => [...socketInodes(id)]),
  );
  const ports = tcpSockets(pid)
    .filter((socket) => socket.state === 'LISTEN' && inodes.has(socket.inode))
    .map((socket) => socket.localPort);
  return [...new Set(ports)].sort((a, b) => a - b);
}

/** The processes that listen on a port. Empty when nobody does, or when their descriptors may not be read. */
export function listenersOf(port: number): ProcessStat[] {
  const inodes = tcpSockets()
    .filter((socket) => socket.localPort === port && socket.state === 'LISTEN')
    .map((socket) => socket.inode);
  if (inodes.length === 0) return [];
  return listProcesses().filter((stat) => {
    const own = socketInodes(stat.pid);
    return inodes.some((inode) => own.has(inode));
  });
}
