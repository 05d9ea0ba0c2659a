/** What has grown between two looks at one process. Pure; used by the judges and by `probes/settle.ts`. */
import type { ProcessSample, Reading } from '../harness/observation.ts';

/** By how much it grew, and at what. */
export interface Growth {
  count: number;
  /** `socket +2, file +1`; empty when nothing grew. */
  what: string;
}

/** The kind of descriptor that a connection to a companion is. */
export const COMPANION_SOCKET = 'socket to a companion';

/** The kind of descriptor that a connection is which the proxy before the service keeps: how many is the proxy's choice. */
export const PROXY_SOCKET = 'socket of the proxy';

/**
 * Descriptors more, kind by kind: a kind that shrank does not make up for one that grew. A pool of connections to
 * companions breathes: of these, `companionSockets` more are no growth.
 */
export function descriptorGrowth(
  before: ProcessSample,
  after: ProcessSample,
  companionSockets = Number.POSITIVE_INFINITY,
): Reading<Growth> {
  if (!before.descriptors.readable) return before.descriptors;
  if (!after.descriptors.readable) return after.descriptors;
  const earlier = before.descriptors.value.byKind;
  const grown = Object.entries(after.descriptors.value.byKind)
    .map(([kind, count]) => ({ kind, more: count - (earlier[kind] ?? 0) }))
    .filter(
      ({ kind, more }) => kind !== PROXY_SOCKET && more > (kind === COMPANION_SOCKET ? companionSockets : 0),
    );
  const count = grown.reduce((sum, { more }) => sum + more, 0);
  return {
    readable: true,
    value: { count, what: grown.map(({ kind, more }) => `${kind} +${more}`).join(', ') },
  };
}

/** Children more than before. */
export function childGrowth(before: ProcessSample, after: ProcessSample): Reading<Growth> {
  if (!before.children.readable) return before.children;
  if (!after.children.readable) return after.children;
  const known = new Set(before.children.value.map(({ pid }) => pid));
  const count = after.children.value.length - before.children.value.length;
  const added = after.children.value.filter(({ pid }) => !known.has(pid));
  const what = added
    .map(({ pid, state, command }) => `pid ${pid} (${command}${state === 'Z' ? ', zombie' : ''})`)
    .join(', ');
  return { readable: true, value: { count: Math.max(0, count), what } };
}
