/**
 * A machine's network: a namespace with one cable to this host and an address at each end. It is there before the
 * machine boots and outlives its reboots, like the network of a real server. There is no way on from this host.
 */
import { readdirSync } from 'node:fs';
import { localTransport } from '../../harness/transport/local.ts';
import { demand } from './commands.ts';
import { addressOf, HIGHEST_NUMBER, hostAddressOf, linkOf } from './places.ts';

/** Where `ip netns` keeps namespaces. */
export const namespacePath = (number: number): string => `/run/netns/${linkOf(number)}`;

/** Numbers whose addresses something on this host uses already. */
export async function takenNumbers(): Promise<Set<number>> {
  const text = await demand(['ip', '-oneline', '-family', 'inet', 'address', 'show']);
  return new Set([...text.matchAll(/\b10\.77\.(\d+)\.\d+\//g)].map(([, number]) => Number(number)));
}

export async function createNetwork(number: number): Promise<void> {
  if (number < 1 || number > HIGHEST_NUMBER) throw new Error(`${number} is no number of a machine`);
  const name = linkOf(number);
  await demand(['ip', 'netns', 'add', name]);
  await demand(['ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name]);
  await demand(['ip', 'address', 'add', `${hostAddressOf(number)}/30`, 'dev', name]);
  await demand(['ip', 'link', 'set', name, 'up']);
  const inside = ['ip', '-netns', name];
  await demand([...inside, 'address', 'add', `${addressOf(number)}/30`, 'dev', 'eth0']);
  await demand([...inside, 'link', 'set', 'lo', 'up']);
  await demand([...inside, 'link', 'set', 'eth0', 'up']);
}

/** Removes what is there of it; harmless when nothing is. What stays is told by {@link networkRemains}. */
export async function removeNetwork(number: number): Promise<void> {
  const left = networkRemains(number);
  if (left.some((what) => what.startsWith('link')))
    await localTransport.run(['ip', 'link', 'delete', linkOf(number)], { timeoutMs: 10_000 });
  if (left.some((what) => what.startsWith('network namespace')))
    await localTransport.run(['ip', 'netns', 'delete', linkOf(number)], { timeoutMs: 10_000 });
}

export function networkRemains(number: number): string[] {
  const name = linkOf(number);
  return [
    ...(namesIn('/sys/class/net').includes(name) ? [`link ${name}`] : []),
    ...(namesIn('/run/netns').includes(name) ? [`network namespace ${name}`] : []),
  ];
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
