/** The journal of a real journald: whole when it is, and every way in which it is not is told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speakerOf } from '../../harness/journal/entry.ts';
import type { JournalReading } from '../../harness/journal/read-journal.ts';
import { endOfJournal, readJournal } from '../../harness/journal/read-journal.ts';
import type { Machine } from '../machine/machine.ts';
import { whyNoMachine } from '../machine/testing-machine.ts';
import { inside, openUnitMachine } from './testing-unit.ts';

const UNIT = 'talker.service';

describe.skipIf(whyNoMachine !== undefined)(`journal (${whyNoMachine ?? 'on a machine'})`, () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await openUnitMachine();
  }, 300_000);
  afterAll(async () => {
    expect(await machine.dispose()).toEqual([]);
  });

  /** It stays until journald has looked at it: the lines of one that has gone already come without the unit's name. */
  const unit = (command: string, settings = ''): Promise<string> =>
    inside(
      machine,
      `printf '%s\\n' '[Service]' Type=oneshot ${settings} "ExecStart=sh -c '${command}; journalctl --sync'" > /run/systemd/system/${UNIT}
      systemctl daemon-reload; systemctl start ${UNIT}`,
    );
  const read = async (
    after: string,
    unitName = UNIT,
  ): Promise<{ reading: JournalReading; lines: string[] }> => {
    const identity = { unit: unitName, pids: new Set<string>(), invocationIds: new Set<string>() };
    const lines: string[] = [];
    const reading = await readJournal({ transport: machine.transport, after, unit: unitName }, (entry) => {
      if (speakerOf(entry, identity) === 'service') lines.push(entry.fields.get('MESSAGE') ?? '');
    });
    return { reading, lines };
  };

  it('is whole, line by line, and read on from where it was left', async () => {
    const after = await endOfJournal(machine.transport);
    await unit('/usr/bin/seq 1 2000', 'LogRateLimitIntervalSec=1s LogRateLimitBurst=10000000');
    const first = await read(after);
    expect(first.reading.missing).toEqual([]);
    expect(first.lines).toEqual(Array.from({ length: 2_000 }, (_, index) => String(index + 1)));
    const second = await read(first.reading.cursor);
    expect(second).toMatchObject({ lines: [], reading: { missing: [] } });
  });

  it('lacks what the rate limit dropped', async () => {
    const after = await endOfJournal(machine.transport);
    // journald tells of it with the first line of the unit after the interval. One process says both: a unit that is
    // reloaded and started anew in between may have its count forgotten.
    const says = '/usr/bin/seq 1 2000; sleep 1.1; /usr/bin/seq 1 2';
    await unit(says, 'LogRateLimitIntervalSec=1s LogRateLimitBurst=1');
    const { reading, lines } = await read(after);
    expect(lines.length).toBeLessThan(2_000);
    // Once, or once an interval on a host that is so slow.
    expect(reading.missing.length).toBeGreaterThan(0);
    for (const reason of reading.missing) expect(reason).toMatch(/rate limit dropped \d+ lines/);
    expect((await read(after, 'other.service')).reading.missing).toEqual([]);
  });

  it('lacks what was vacuumed', async () => {
    const after = await endOfJournal(machine.transport);
    await unit('/usr/bin/seq 1 50', 'LogRateLimitBurst=10000000 LogRateLimitIntervalSec=1s');
    await inside(machine, 'journalctl --rotate');
    expect((await read(after)).reading.missing).toEqual([]);
    await inside(machine, 'journalctl --rotate; journalctl --vacuum-files=1');
    const { reading } = await read(after);
    expect(reading.missing).toEqual([expect.stringMatching(/entries after number \d+ are gone/)]);
  });

  it('lacks what a user may not read', async () => {
    const after = await endOfJournal(machine.transport);
    await unit('/usr/bin/seq 1 5');
    const { run, stream, where } = machine.transport;
    const asNobody = ['setpriv', '--reuid=nobody', '--clear-groups', '--'];
    const transport = {
      where,
      run: (command: readonly string[], options: Parameters<typeof run>[1]) =>
        run([...asNobody, ...command], options),
      stream: (command: readonly string[], options?: Parameters<typeof stream>[1]) =>
        stream([...asNobody, ...command], options),
    };
    const reading = await readJournal({ transport, after, unit: UNIT }, () => undefined);
    expect(reading.missing.join()).toMatch(/marker at the end was not found/);
    await expect(endOfJournal(transport)).rejects.toThrow(/cannot be read/);
  });

  it('may lack what came while journald was started anew', async () => {
    const after = await endOfJournal(machine.transport);
    await inside(machine, 'systemctl restart systemd-journald');
    expect((await read(after)).reading.missing.join()).toMatch(/journald was started anew/);
  });

  it('is not whole where the machine is gone', async () => {
    const after = await endOfJournal(machine.transport);
    const signal = AbortSignal.timeout(1);
    const reading = await readJournal(
      { transport: machine.transport, after, unit: UNIT, signal },
      () => undefined,
    );
    expect(reading.missing.join()).toMatch(/marker at the end was not found: interrupted/);
  });
});
