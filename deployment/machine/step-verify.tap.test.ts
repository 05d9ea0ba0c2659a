/** What verify.sh prints becomes findings: well, not well, cannot be told, and cut off, which is not well. */
import { describe, expect, it } from 'vitest';
import type { Machine } from './machine.ts';
import { createStand } from './stand.ts';
import { parseTap, verify } from './step-verify.ts';
import { Unmet } from './step.ts';

const WELL = 'ok 1 - unit-active\n# {"unit":"x"}\n# it is active\n';
const BAD = 'not ok 2 - health\n  ---\n  message: "said \\"500\\""\n  severity: "fail"\n  ...\n';
const DARK = 'not ok 2 - journal-clean\n  ---\n  message: "no journal"\n  severity: "unknown"\n  ...\n';

/** A stand whose machine answers every command with this. */
function standSaying(stdout: string, code: number) {
  const run = async () => ({ ran: true as const, code, stdout, stderr: '', durationMs: 1 });
  return createStand({
    machine: { transport: { where: 'nowhere', run } } as unknown as Machine,
    releases: { build: () => Promise.reject(new Error('none')), [Symbol.dispose]: () => undefined },
    signal: new AbortController().signal,
    memory: {},
    log: () => undefined,
  });
}

describe('what verify.sh prints', () => {
  it('is one finding for each check', () => {
    expect(parseTap(`TAP version 13\n1..2\n${WELL}${BAD}`)).toEqual([
      { subject: 'unit-active', outcome: 'pass', message: 'it is active' },
      { subject: 'health', outcome: 'fail', message: 'said "500"' },
    ]);
    expect(parseTap(`1..2\n${WELL}${DARK}`)[1]).toMatchObject({
      subject: 'journal-clean',
      outcome: 'unknown',
    });
  });

  it('is unknown when it was cut off, or was nothing', async () => {
    expect(parseTap(`1..2\n${WELL}`)).toContainEqual(
      expect.objectContaining({ subject: 'plan', outcome: 'unknown' }),
    );
    await expect(verify(standSaying('', 0))).rejects.toThrow('printed no check');
  });

  it('must agree with its exit code', async () => {
    expect(await verify(standSaying(`1..2\n${WELL}${BAD}`, 1))).toHaveLength(2);
    await expect(verify(standSaying(`1..2\n${WELL}${BAD}`, 0))).rejects.toThrow(Unmet);
    await expect(verify(standSaying(`1..2\n${WELL}${DARK}`, 0))).rejects.toThrow('3 was expected');
  });
});
