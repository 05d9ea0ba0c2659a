/**
 * Reads the socket tables of /proc: who listens where, which connections are a process's own. Used by the supervisors and
 * by `soak/probes`. Nothing throws for a process that is gone.
 */
import { descendantsOf, descriptorTargets, listProcesses, readProcText } from './proc.ts';
import type { ProcessStat } from './proc.ts';

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

/** Inode of a line of /proc/PID/net/unix. */
const UNIX_LINE = /^[0-9a-f]+: \S+ \S+ \S+ \S+ \S+\s+(\d+)/gm;

const TABLES = ['tcp', 'tcp6'] as const;
type Table = (typeof TABLES)[number];

/** Listening sockets by inode, as of the last reading: a listening socket stays one for as long as it exists. */
const knownListeners: Record<Table, Map<string, TcpSocket>> = { tcp: new Map(), tcp6: new Map() };
/** Unix sockets, as of the last reading. */
let knownUnix: ReadonlySet<string> = new Set();

/** The TCP sockets that `pid` sees (its network namespace), without those in TIME_WAIT, which no process owns. */
export function tcpSockets(pid: number | 'self' = 'self'): TcpSocket[] {
  return TABLES.flatMap((table) => readTable(pid, table));
}

/** One of the system's tables: each takes a millisecond or more, however little is in it. */
function readTable(pid: number | 'self', table: Table): TcpSocket[] {
  const sockets = parseTcp(readProcText(`/proc/${pid}/net/${table}`) ?? '');
  const listeners = sockets.filter(({ state }) => state === 'LISTEN');
  knownListeners[table] = new Map(listeners.map((socket) => [socket.inode, socket]));
  return sockets;
}

/** Inodes of the unix sockets that `pid` sees. */
function readUnix(pid: number): ReadonlySet<string> {
  const text = readProcText(`/proc/${pid}/net/unix`) ?? '';
  return new Set([...text.matchAll(UNIX_LINE)].map(([, inode = '']) => inode));
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
 * The TCP sockets among a process's own. The system's tables take up to 10 ms to read: they are left alone where
 * nothing is open but listening sockets that are known, and unix sockets.
 */
export function tcpSocketsOf(pid: number, inodes: ReadonlySet<string>): TcpSocket[] {
  const listener = (inode: string): TcpSocket | undefined =>
    knownListeners.tcp.get(inode) ?? knownListeners.tcp6.get(inode);
  const others = [...inodes].filter((inode) => listener(inode) === undefined);
  if (!others.every((inode) => knownUnix.has(inode))) knownUnix = readUnix(pid);
  if (others.every((inode) => knownUnix.has(inode)))
    return [...inodes].map(listener).filter((socket) => socket !== undefined);
  return tcpSockets(pid).filter((socket) => inodes.has(socket.inode));
}

/** Whether a process, or one of its descendants, listens on a port; `undefined` when nobody is seen to. */
export function listensOn(pid: number, port: number): boolean | undefined {
  const inodes: string[] = [];
  const owns = (id: number): boolean => {
    const own = socketInodes(id);
    return inodes.some((inode) => own.has(inode));
  };
  for (const table of TABLES) {
    inodes.push(...listenersOn(port, readTable(pid, table)));
    // Mostly the first table has it, and the second need not be read.
    if (owns(pid)) return true;
  }
  return inodes.length === 0 ? undefined : descendantsOf(pid).some((stat) => owns(stat.pid));
}

/** Inodes of the sockets that listen on a port. */
function listenersOn(port: number, sockets: readonly TcpSocket[]): string[] {
  return sockets
    .filter((socket) => socket.localPort === port && socket.state === 'LISTEN')
    .map((socket) => socket.inode);
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
  const inodes = listenersOn(port, tcpSockets());
  if (inodes.length === 0) return [];
  return listProcesses().filter((stat) => {
    const own = socketInodes(stat.pid);
    return inodes.some((inode) => own.has(inode));
  });
}
