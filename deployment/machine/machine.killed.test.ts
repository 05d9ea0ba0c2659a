/** kill -9 of the harness at any moment: the next one finds what is left by its record, and ends it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { isAlive } from '../../harness/process-identity.ts';
import { remainsOf } from './end-machine.ts';
import { endOrphans } from './machine.ts';
import { listRecords, orphanedRecords } from './record.ts';
import { whyNoMachine } from './testing-machine.ts';

const harnesses: ChildProcess[] = [];
afterEach(() => {
  for (const child of harnesses.splice(0)) child.kill('SIGKILL');
});

/** Starts a harness that opens a machine and holds it. */
function startHarness(name: string) {
  const module = new URL('machine.ts', import.meta.url).href;
  const script = `
    const { openMachine } = await import(${JSON.stringify(module)});
    await openMachine({ suite: 'bookworm', name: ${JSON.stringify(name)} });
    console.log('open');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  harnesses.push(child);
  const opened = new Promise<void>((done) => child.stdout.once('data', () => done()));
  const ended = new Promise<void>((done) => child.once('exit', () => done()));
  return { child, opened, ended };
}

const recordOf = (name: string) => listRecords().find((record) => record.name === name);

describe.skipIf(whyNoMachine !== undefined)(`killed harness (${whyNoMachine ?? 'booted'})`, () => {
  it('leaves a machine that the next run ends, and no other', { timeout: 600_000 }, async () => {
    const kept = startHarness('killed-kept');
    const lost = startHarness('killed-lost');
    await Promise.all([kept.opened, lost.opened]);
    lost.child.kill('SIGKILL');
    await lost.ended;
    const record = recordOf('killed-lost');
    if (record?.leader === undefined) throw new Error('the machine has no record with a first process');
    expect(isAlive(record.leader)).toBe(true);
    expect(orphanedRecords().map(({ name }) => name)).toContain('killed-lost');
    const notes: string[] = [];
    await endOrphans((text) => notes.push(text));
    expect(notes.join('\n')).toContain(`left by process ${lost.child.pid} that is gone`);
    expect(remainsOf(record)).toEqual([]);
    const other = recordOf('killed-kept');
    if (other?.leader === undefined) throw new Error('the other machine is gone');
    expect(isAlive(other.leader)).toBe(true);
    kept.child.kill('SIGKILL');
    await kept.ended;
    await endOrphans(() => undefined);
    expect(remainsOf(other)).toEqual([]);
  });

  it.each([0, 100, 250, 500])(
    'killed %i ms after its record leaves nothing either',
    { timeout: 120_000 },
    async (ms) => {
      const name = `killed-${ms}`;
      const harness = startHarness(name);
      const known = await poll(() => recordOf(name), deadlineIn(60_000, 'a record of the machine'));
      if (!known.met) throw new Error(known.reason);
      // The moment at which it strikes is what is being varied.
      await pause(ms);
      harness.child.kill('SIGKILL');
      await harness.ended;
      await endOrphans(() => undefined);
      expect(recordOf(name)).toBeUndefined();
      // What was being started at that moment joins the group of the record, which is gone: it cannot go on.
      await pause(1_000);
      expect(remainsOf(known.value)).toEqual([]);
    },
  );
});
