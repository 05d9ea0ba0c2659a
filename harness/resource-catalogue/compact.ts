/** A shorter way to write a row of which most facts follow from how it is released. Used by the rows of packages. */
import type { ReleaseReturns, ResourceKind, ResourceRow } from './row.ts';

type Facts = Partial<Omit<ResourceRow, 'kind' | 'noun' | 'opens' | 'closes' | 'releaseReturns'>>;
type Written = [kind: ResourceKind, noun: string, opens: string[], closes: string[], facts?: Facts];

const written =
  (releaseReturns: ReleaseReturns) =>
  (...[kind, noun, opens, closes, facts = {}]: Written): ResourceRow => ({
    kind,
    noun,
    opens,
    closes,
    releaseReturns,
    secondRelease: 'safe',
    waitsWithoutLimit: false,
    keepsProcessAlive: true,
    hint: hintOf(releaseReturns, noun, closes[0] ?? ''),
    ...facts,
  });

function hintOf(returns: ReleaseReturns, noun: string, close: string): string {
  const called = `${noun.split(' ').at(-1)?.toLowerCase()}.${close}`;
  if (returns === 'promise') return `await ${called}()`;
  return returns === 'callback' ? `call ${called}(callback) and wait for it` : `call ${called}()`;
}

/** Released by a method that gives a promise. */
export const byPromise = written('promise');
/** Released at once. */
export const atOnce = written('sync');
/** Released by a method that calls back. */
export const byCallback = written('callback');
