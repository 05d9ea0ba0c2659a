import { describe, expect, it } from 'vitest';
import { createVerdict, fingerprintOf, type Outcome, worstOf } from './verdict.ts';

describe('worstOf', () => {
  it.each<[Outcome[], Outcome]>([
    [['pass', 'pass'], 'pass'],
    [['pass', 'skip'], 'pass'],
    [['pass', 'unknown', 'skip'], 'unknown'],
    [['unknown', 'fail', 'pass'], 'fail'],
    [[], 'unknown'],
    [['skip', 'skip'], 'unknown'],
  ])('of %j is %s: silence is not a pass', (outcomes, worst) => {
    expect(worstOf(outcomes)).toBe(worst);
  });
});

describe('createVerdict', () => {
  const input = { stage: 'source', check: 'a', subject: 's', outcome: 'fail', startedAt: '' } as const;

  it('keeps the message on one line', () => {
    expect(createVerdict({ ...input, message: ' two\n  lines ' }).message).toBe('two lines');
  });

  it('gives the same fingerprint wherever the subject stands, and another for another subject', () => {
    const here = createVerdict({ ...input, message: 'x', location: { file: 'a.ts', line: 1, column: 1 } });
    const moved = createVerdict({ ...input, message: 'y', location: { file: 'a.ts', line: 9, column: 1 } });
    expect(here.fingerprint).toBe(moved.fingerprint);
    expect(fingerprintOf('source', 'a', 's')).not.toBe(fingerprintOf('source', 'as', ''));
  });
});
