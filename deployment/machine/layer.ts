/**
 * A machine's own layer above its root file system: in memory where there is enough, since a release is tens of thousands
 * of small files; on disk for a machine that stays. Called by `machine.ts`, `boot.ts` and `end-machine.ts`.
 */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { localTransport } from '../../harness/transport/local.ts';
import { demand } from './commands.ts';
import { mountsBelow } from './mounts.ts';
import { folderOf } from './places.ts';

/** What a machine that is deployed to a dozen times fills, with room for its own programs on this host. */
const LAYER_BYTES = 6 * 1024 ** 3;
const FREE_BYTES = 10 * 1024 ** 3;
const UNMOUNT_LIMIT_MS = 10_000;

export const layerOf = (number: number): string => join(folderOf(number), 'layer');
export const upperOf = (number: number): string => join(layerOf(number), 'upper');

/** Makes the layer; `lasting` keeps it on disk. @returns where it is, for messages. */
export async function createLayer(number: number, lasting: boolean): Promise<'memory' | 'disk'> {
  const layer = layerOf(number);
  mkdirSync(layer, { recursive: true });
  const inMemory = !lasting && availableBytes() >= FREE_BYTES;
  if (inMemory) await demand(['mount', '-t', 'tmpfs', '-o', `size=${LAYER_BYTES},mode=0755`, 'tmpfs', layer]);
  for (const part of ['upper', 'work']) mkdirSync(join(layer, part), { recursive: true });
  return inMemory ? 'memory' : 'disk';
}

/** Lets go of a layer in memory, once nothing uses it; harmless for one on disk. */
export async function releaseLayer(number: number): Promise<void> {
  await poll(
    async () => {
      if (mountsBelow(layerOf(number)).length === 0) return true;
      await localTransport.run(['umount', layerOf(number)], { timeoutMs: UNMOUNT_LIMIT_MS });
      return undefined;
    },
    deadlineIn(UNMOUNT_LIMIT_MS, `the layer of machine ${number} to be released`),
    { firstMs: 10, maxMs: 200 },
  );
}

function availableBytes(): number {
  const [, kilobytes = '0'] = /^MemAvailable:\s*(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
}
