import { describe, expect, it } from 'vitest';
import { type Ending, exitCodeOf } from './exit-code.ts';

describe('exitCodeOf', () => {
  it.each<[Partial<Ending>, number]>([
    [{ outcome: 'pass' }, 0],
    [{ outcome: 'fail' }, 1],
    [{ outcome: 'unknown' }, 3],
    [{ outcome: 'skip' }, 3],
    [{ outcome: 'unknown', usageError: true }, 2],
    [{ outcome: 'fail', usageError: true }, 2],
    [{ outcome: 'pass', interruptedBy: 'SIGINT' }, 130],
    [{ outcome: 'fail', interruptedBy: 'SIGTERM' }, 143],
    [{ outcome: 'pass', interruptedBy: 'deadline' }, 3],
    [{ outcome: 'fail', interruptedBy: 'deadline' }, 1],
  ])('of %j is %i', (ending, code) => {
    expect(exitCodeOf({ outcome: 'unknown', usageError: false, ...ending })).toBe(code);
  });
});
