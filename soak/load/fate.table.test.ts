/** Each fate is told from what was seen. */
import { describe, expect, it } from 'vitest';
import { FATES } from '../../harness/observation.ts';
import type { Fate } from '../../harness/observation.ts';
import { fateOf } from './fate.ts';
import type { RequestTrace } from './fate.ts';

const STRIKE = { signalAtMs: 100, exitAtMs: 200 };
const sent = (sentAtMs: number, rest: Partial<RequestTrace>): RequestTrace => ({
  sentAtMs,
  reused: true,
  complete: false,
  ...rest,
});
const error = (code: string) => ({ error: { code, message: code } });

const CASES: [Fate, string, RequestTrace][] = [
  ['answered', 'a whole answer', sent(90, { complete: true, status: 200 })],
  ['wrongStatus', '503 while draining', sent(110, { complete: true, status: 503 })],
  ['earlyStatus', '503 of the next life before it is ready', sent(210, { complete: true, status: 503 })],
  ['refused', 'a closed port', { reused: false, complete: false, ...error('ECONNREFUSED') }],
  ['resetFresh', 'a reset on a new connection', sent(99, { reused: false, ...error('ECONNRESET') })],
  ['resetFresh', 'a reset while connecting', { reused: false, complete: false, ...error('ECONNRESET') }],
  ['resetReused', 'a reset of what was sent after the signal', sent(101, error('EPIPE'))],
  ['resetInFlight', 'a reset of what was in flight', sent(100, error('ECONNRESET'))],
  ['resetInFlight', 'a connection ended without an answer', sent(99, error('UND_ERR_SOCKET'))],
  ['cut', 'half an answer', sent(99, { status: 200, ...error('UND_ERR_SOCKET') })],
  ['late', 'no answer in time', sent(99, error('LATE'))],
  ['failed', 'an answer that is not HTTP', sent(99, error('HPE_INVALID_CONSTANT'))],
];

describe('fate of a request', () => {
  it.each(CASES)('%s: %s', (fate, _what, trace) => {
    expect(fateOf(trace, [200], STRIKE)).toBe(fate);
  });

  it('of a reset that nobody asked for is a failure', () => {
    expect(fateOf(sent(99, error('ECONNRESET')), [200], {})).toBe('failed');
  });

  it('is covered for every fate there is', () => {
    expect(new Set(CASES.map(([fate]) => fate))).toEqual(new Set(FATES));
  });
});
