/** Whose an entry is, whether one is missing, and what its lines are. */
import { describe, expect, it } from 'vitest';
import { continuityFrom } from './continuity.ts';
import { lossToldBy, speakerOf } from './entry.ts';
import type { JournalEntry } from './entry.ts';
import { LineJoiner } from './line-joiner.ts';

const entry = (fields: Record<string, string>): JournalEntry => ({
  cursor: 's=a;i=1;',
  seqnumId: 'a',
  seqnum: 1,
  fields: new Map(Object.entries(fields)),
});
const demo = { unit: 'demo.service', pids: new Set(['86']), invocationIds: new Set(['abc']) };

describe('an entry belongs to a unit', () => {
  it.each<[string, Record<string, string>, 'service' | 'manager' | undefined]>([
    ['by its unit', { _SYSTEMD_UNIT: 'demo.service' }, 'service'],
    ['by its invocation', { _SYSTEMD_INVOCATION_ID: 'abc' }, 'service'],
    ['by its pid, when it has no unit', { _PID: '86' }, 'service'],
    ['not by a pid that is of another unit', { _PID: '86', _SYSTEMD_UNIT: 'other.service' }, undefined],
    [
      'when systemd speaks about it',
      { _PID: '1', _SYSTEMD_UNIT: 'init.scope', UNIT: 'demo.service' },
      'manager',
    ],
    ['when its core was dumped', { COREDUMP_UNIT: 'demo.service' }, 'manager'],
    ['not when it is about another', { UNIT: 'other.service', _PID: '1' }, undefined],
  ])('%s', (_what, fields, speaker) => {
    expect(speakerOf(entry(fields), demo)).toBe(speaker);
  });
});

describe('what is missing', () => {
  const follow = (...numbers: number[]): readonly string[] => {
    const continuity = continuityFrom('s=a;i=a;b=b;');
    for (const seqnum of numbers) continuity.follow({ seqnumId: 'a', seqnum });
    return continuity.missing;
  };

  it('is nothing when the numbers go on', () => {
    expect(follow(11, 12, 13)).toEqual([]);
    expect(follow()).toEqual([]);
  });

  it('shows in the numbers', () => {
    expect(follow(11, 15)).toEqual([expect.stringMatching(/^3 entries after number 11 are gone/)]);
    expect(follow(12)).toEqual([expect.stringMatching(/^1 entries after number 10 are gone/)]);
    expect(follow(11, 11)).toEqual([expect.stringContaining('out of order')]);
    const anew = continuityFrom('s=a;i=a;');
    anew.follow({ seqnumId: 'b', seqnum: 1 });
    expect(anew.missing).toEqual([expect.stringContaining('begun anew')]);
    const blind = continuityFrom('');
    blind.follow({ seqnumId: 'a', seqnum: 1 });
    expect(blind.missing).toEqual([expect.stringContaining('no number')]);
  });

  it('is nothing when the next number is in another file: the journal of a user', () => {
    const continuity = continuityFrom('s=a;i=a;');
    for (const [index, seqnumId] of ['b', 'b', 'a', 'b'].entries())
      continuity.follow({ seqnumId, seqnum: 11 + index });
    expect(continuity.missing).toEqual([]);
    continuity.follow({ seqnumId: 'a', seqnum: 17 });
    expect(continuity.missing).toHaveLength(1);
  });

  it('is told by journald itself', () => {
    const dropped = {
      MESSAGE_ID: 'a596d6fe7bfa4994828e72309e95d61e',
      N_DROPPED: '7501',
      MESSAGE: 'Suppressed 7501 messages from demo.service',
    };
    expect(lossToldBy(entry(dropped), 'demo.service')).toMatch(/dropped 7501 lines/);
    expect(lossToldBy(entry(dropped), 'other.service')).toBeUndefined();
    expect(lossToldBy(entry({ MESSAGE_ID: 'f77379a8490b408bbe5f6940505a777b' }), 'x')).toMatch(
      /started anew/,
    );
    expect(lossToldBy(entry({ MESSAGE: 'Suppressed' }), 'demo.service')).toBeUndefined();
  });
});

describe('lines', () => {
  it('that journald cut are whole again, stream by stream', () => {
    const joiner = new LineJoiner();
    const part = (stream: string, MESSAGE: string, more = {}) =>
      joiner.linesOf(entry({ _STREAM_ID: stream, MESSAGE, ...more }));
    expect(part('1', 'abc', { _LINE_BREAK: 'line-max' })).toEqual([]);
    expect(part('2', 'other')).toEqual(['other']);
    expect(part('1', 'def', { _LINE_BREAK: 'eof' })).toEqual(['abcdef']);
    expect(part('1', 'two\nlines')).toEqual(['two', 'lines']);
    part('1', 'never ended', { _LINE_BREAK: 'line-max' });
    expect(joiner.rest()).toEqual(['never ended']);
    expect(joiner.rest()).toEqual([]);
  });

  it('of any length are cut', () => {
    const joiner = new LineJoiner();
    for (let part = 0; part < 5; part += 1)
      joiner.linesOf(entry({ _STREAM_ID: '1', MESSAGE: 'x'.repeat(40_000), _LINE_BREAK: 'line-max' }));
    const [line = ''] = joiner.linesOf(entry({ _STREAM_ID: '1', MESSAGE: 'end' }));
    expect(line.length).toBeLessThan(66_000);
    expect(line).toContain('line cut');
  });
});
