/**
 * Waits until a process has come to rest after its clients have gone, so that counts can be compared exactly.
 * Called by scenarios before each sample.
 */
import { deadlineIn, poll } from '../../harness/deadline.ts';
import type { Transport } from '../../harness/transport/transport.ts';
import type { ProcessSample } from '../../harness/observation.ts';
import { childGrowth, descriptorGrowth } from '../growth.ts';
import { descriptorCounts, lookAt } from './process-sample.ts';
import type { Look, Neighbours } from './process-sample.ts';
import { localSource, sourceThrough } from './proc-source.ts';
import type { ProcSource } from './proc-source.ts';

/** What is waited for. */
export interface SettleTarget extends Neighbours {
  pid: number;
  /** Where the process is; absent: on this host. */
  transport?: Transport | undefined;
  port: number | undefined;
  withinMs: number;
  /** Counts of an earlier point of the same life; rest then also means that they are not exceeded. */
  baseline?: ProcessSample;
  signal?: AbortSignal;
}

export interface Settled {
  sample: ProcessSample;
  settled: boolean;
  afterMs: number;
  /** What had not come to rest. */
  waitingFor?: string;
}

/** Looks that must agree, one after the other, before a process counts as at rest. */
const EQUAL_LOOKS = 3;
const PACE = { firstMs: 2, maxMs: 25 };

/** Samples a process once it is at rest, or when the time is over: then as it is. */
export async function settle(target: SettleTarget): Promise<Settled> {
  let counts = '';
  let looks = 0;
  let unrest: string | undefined = 'it was not looked at';
  const waited = await poll(
    async () => {
      const source = await sourceOf(target);
      const now = descriptorCounts(source);
      looks = now === counts ? looks + 1 : 1;
      counts = now;
      unrest = `its descriptors still change (${now})`;
      if (looks < EQUAL_LOOKS) return undefined;
      const look = lookAt(source, target.port, target);
      unrest = unrestOf(look, target);
      return unrest === undefined ? look.sample : undefined;
    },
    deadlineIn(target.withinMs, 'the service to come to rest'),
    PACE,
    target.signal,
  );
  if (waited.met) return { sample: waited.value, settled: true, afterMs: waited.afterMs };
  return {
    sample: lookAt(await sourceOf(target), target.port, target).sample,
    settled: false,
    afterMs: waited.afterMs,
    waitingFor: unrest,
  };
}

async function sourceOf({ transport, pid }: SettleTarget): Promise<ProcSource> {
  return transport === undefined ? localSource(pid) : sourceThrough(transport, pid);
}

function unrestOf({ sample, accepted }: Look, target: SettleTarget): string | undefined {
  // Those of a proxy stay for as long as it likes.
  if (target.behindProxy !== true && accepted.readable && accepted.value > 0)
    return `${accepted.value} connections are still open`;
  const { baseline } = target;
  if (baseline === undefined) return undefined;
  const descriptors = descriptorGrowth(baseline, sample);
  if (descriptors.readable && descriptors.value.count > 0) return `descriptors: ${descriptors.value.what}`;
  const children = childGrowth(baseline, sample);
  if (children.readable && children.value.count > 0) return `children: ${children.value.what}`;
  return undefined;
}
