/**
 * Looks at a running process from outside: descriptors, sockets, children, threads, memory. Called by scenarios at
 * the sample points. Never throws: what cannot be read says why. Where it looks is the source's business.
 */
import { COMPANION_SOCKET, PROXY_SOCKET } from '../growth.ts';
import { errorText } from '../../harness/errors.ts';
import type { ProcessSample, Reading } from '../../harness/observation.ts';
import type { TcpSocket } from '../../harness/supervisors/proc-sockets.ts';
import type { ProcSource } from './proc-source.ts';

/** One look at a process, and how many connections it has accepted on `port` and not closed. */
export interface Look {
  sample: ProcessSample;
  /** The listening socket does not count. */
  accepted: Reading<number>;
}

/** Whose connections come and go without the service's doing: each is a kind of its own. */
export interface Neighbours {
  /** Connections to these ports are to companions. */
  companionPorts?: ReadonlySet<number> | undefined;
  /** Clients reach the service through a proxy, which keeps connections to it. */
  behindProxy?: boolean | undefined;
}

/** Looks once; memory is in bytes. Each table of the system is read once: they are long on a busy host. */
export function lookAt(source: ProcSource, port: number | undefined, neighbours: Neighbours = {}): Look {
  const targets = reading(source, () => source.descriptorTargets());
  const tcp = reading(source, () =>
    source.tcpSockets(targets.readable ? inodesOf(targets.value) : new Set()),
  );
  return {
    sample: {
      descriptors:
        (neighbours.companionPorts?.size ?? 0) === 0 && neighbours.behindProxy !== true
          ? using(targets, countDescriptors)
          : usingBoth(targets, tcp, (open, sockets) => {
              return setNeighboursApart(countDescriptors(open), sockets, port, neighbours);
            }),
      sockets: usingBoth(targets, tcp, countSockets),
      children: reading(source, () => source.descendants()),
      threads: reading(source, () => statusNumber(source, 'Threads')),
      rssBytes: reading(source, () => statusNumber(source, 'VmRSS') * 1024),
    },
    accepted: usingBoth(targets, tcp, (_targets, sockets) => countAccepted(sockets, port)),
  };
}

/** The descriptor counts alone, as text that is equal when they are: the cheap look that is taken often. */
export function descriptorCounts(source: ProcSource): string {
  const counts = reading(source, () => countDescriptors(source.descriptorTargets()));
  return counts.readable ? JSON.stringify(counts.value.byKind) : counts.reason;
}

function reading<T>(source: ProcSource, look: () => T): Reading<T> {
  try {
    const value = look();
    // A process that ended in between leaves half a picture: an empty list is then no finding.
    const state = source.state();
    if (state === undefined || state === 'Z') return { readable: false, reason: 'the process has exited' };
    return { readable: true, value };
  } catch (error) {
    return { readable: false, reason: errorText(error) };
  }
}

/** Goes on with a value that could be read; a reason stays a reason. */
function using<T, U>(from: Reading<T>, next: (value: T) => U): Reading<U> {
  return from.readable ? { readable: true, value: next(from.value) } : from;
}

function usingBoth<A, B, U>(a: Reading<A>, b: Reading<B>, next: (a: A, b: B) => U): Reading<U> {
  if (!a.readable) return a;
  return using(b, (value) => next(a.value, value));
}

function countDescriptors(targets: readonly string[]): { total: number; byKind: Record<string, number> } {
  return { total: targets.length, byKind: countBy(targets, descriptorKind) };
}

/** A service keeps as many connections to others as it needs at the moment: they are counted by themselves. */
function setNeighboursApart(
  { total, byKind }: ReturnType<typeof countDescriptors>,
  sockets: readonly TcpSocket[],
  port: number | undefined,
  { companionPorts, behindProxy }: Neighbours,
): ReturnType<typeof countDescriptors> {
  const toCompanions = sockets.filter(({ remotePort }) => companionPorts?.has(remotePort)).length;
  // One that the proxy has closed and the service has not (CLOSE_WAIT) is the service's to answer for.
  const ofProxy = sockets.filter(({ localPort, state }) => localPort === port && state === 'ESTABLISHED');
  const proxied = behindProxy === true ? ofProxy.length : 0;
  return {
    total,
    byKind: {
      ...byKind,
      socket: (byKind['socket'] ?? 0) - toCompanions - proxied,
      ...(toCompanions > 0 ? { [COMPANION_SOCKET]: toCompanions } : {}),
      ...(proxied > 0 ? { [PROXY_SOCKET]: proxied } : {}),
    },
  };
}

function descriptorKind(target: string): string {
  if (target.startsWith('socket:')) return 'socket';
  if (target.startsWith('pipe:')) return 'pipe';
  // `anon_inode:[eventpoll]`, and `anon_inode:inotify` without brackets.
  const anonymous = /^anon_inode:\[?([\w-]+)\]?/.exec(target)?.[1];
  if (anonymous !== undefined) return anonymous;
  return target.startsWith('/dev/') ? 'device' : 'file';
}

function inodesOf(targets: readonly string[]): Set<string> {
  return new Set(
    targets.filter((target) => target.startsWith('socket:[')).map((target) => target.slice(8, -1)),
  );
}

function countSockets(targets: readonly string[], sockets: readonly TcpSocket[]): Record<string, number> {
  const tcp = new Set(sockets.map((socket) => socket.inode));
  const other = [...inodesOf(targets)].filter((inode) => !tcp.has(inode)).length;
  return { ...countBy(sockets, (socket) => socket.state), ...(other > 0 ? { OTHER: other } : {}) };
}

function countAccepted(sockets: readonly TcpSocket[], port: number | undefined): number {
  return sockets.filter(({ localPort, state }) => localPort === port && state !== 'LISTEN').length;
}

function statusNumber(source: ProcSource, name: string): number {
  const value = new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(source.status())?.[1];
  if (value === undefined) throw new Error(`its status has no ${name}`);
  return Number(value);
}

function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
