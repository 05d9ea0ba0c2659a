import { describe, expect, it } from 'vitest';
import { deadlineIn, poll, within } from './deadline.ts';

describe('poll', () => {
  it('answers as soon as the condition holds', async () => {
    let asked = 0;
    const waited = await poll(
      () => (++asked === 3 ? 'there' : undefined),
      deadlineIn(5_000, 'the third time'),
    );
    expect(waited).toMatchObject({ met: true, value: 'there' });
  });

  it('says what it waited for and the last error', async () => {
    const waited = await poll(() => Promise.reject(new Error('refused')), deadlineIn(20, 'the port'));
    expect(waited).toMatchObject({ met: false, reason: 'waited 20 ms for the port (last error: refused)' });
  });

  it('stops when it is interrupted', async () => {
    const waited = await poll(() => undefined, deadlineIn(60_000, 'nothing'), undefined, AbortSignal.abort());
    expect(waited).toMatchObject({ met: false, reason: 'interrupted while waiting for nothing' });
  });
});

describe('within', () => {
  it('gives the value in time, the reason when late, and passes a rejection on', async () => {
    expect(await within(Promise.resolve(1), deadlineIn(1_000, 'a value'))).toMatchObject({
      met: true,
      value: 1,
    });
    expect(await within(new Promise(() => undefined), deadlineIn(10, 'an exit'))).toMatchObject({
      met: false,
      reason: 'waited 10 ms for an exit',
    });
    await expect(within(Promise.reject(new Error('broken')), deadlineIn(1_000, 'x'))).rejects.toThrow(
      'broken',
    );
  });
});
