import { describe, expect, it } from 'vitest';
import { boundOfNone, type Request, type Restart, resultOf } from './result.ts';

/** Told to stop 20 ms after it was asked for. */
const restartAt = (askedAtMs: number): Restart => ({ askedAtMs, tookMs: 500, stopAtMs: askedAtMs + 20 });
const request = (sentAtMs: number, tookMs: number, more: Partial<Request> = {}): Request => ({
  dueAtMs: sentAtMs,
  sentAtMs,
  endedAtMs: sentAtMs + tookMs,
  fate: 'answered',
  retried: false,
  ...more,
});

describe('result of a client', () => {
  it('counts what was lost, and the restarts that lost it', () => {
    const requests = [
      request(10, 5),
      request(1_015, 10, { fate: 'resetInFlight' }),
      request(1_019, 480, { retried: true }),
      request(1_100, 1, { fate: 'refused' }),
      request(2_000, 3),
      request(3_019, 2, { fate: 'wrongStatus' }),
    ];
    const restarts = [1_000, 2_000, 3_000].map(restartAt);
    const result = resultOf([{ requests, restarts }], 3);
    expect(result).toMatchObject({ sent: 6, lost: 3, lossy: 2, struck: 2, retried: 1, unknown: [] });
    expect(result.byFate).toMatchObject({ answered: 3, refused: 1, wrongStatus: 1, other: 1 });
    expect(result.latencyMs).toEqual({ p50: 5, p99: 480, max: 480 });
    expect(result.restartMs).toEqual({ median: 500, max: 500 });
  });

  it('keeps the times of different turns apart', () => {
    const first = { requests: [request(1_010, 20)], restarts: [restartAt(1_000)] };
    const second = { requests: [request(5_000, 1)], restarts: [restartAt(1_000)] };
    expect(resultOf([first, second], 2).struck).toBe(1);
  });

  it('says unknown of a load that did not strike, however much was answered', () => {
    const requests = [request(900, 5), request(1_021, 400), request(1_600, 5)];
    const { lost, unknown } = resultOf([{ requests, restarts: [restartAt(1_000)] }], 1);
    expect(lost).toBe(0);
    expect(unknown).toEqual(['the load did not strike: no request was under way at any stop']);
  });

  it('says unknown when restarts were refused, or nothing was sent', () => {
    const refused: Restart = { askedAtMs: 2_000, tookMs: 5, refused: 'start-limit-hit' };
    const turn = { requests: [request(1_010, 20)], restarts: [restartAt(1_000), refused] };
    const result = resultOf([turn], 2);
    expect(result).toMatchObject({ restarts: 1, refusedRestarts: 1, unknown: ['1 of 2 restarts were seen'] });
    expect(resultOf([{ requests: [], restarts: [restartAt(1_000)] }], 1).unknown[0]).toBe('nothing was sent');
  });

  it('bounds what was never seen', () => {
    expect(boundOfNone(200)).toBeCloseTo(0.01487, 5);
    expect(boundOfNone(0)).toBe(1);
  });
});
