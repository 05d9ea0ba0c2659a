/** The watch of a real unit: its journal from a cursor through rotation, its process through the way to its host. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine } from '../../deployment/machine/machine.ts';
import { whyNoMachine } from '../../deployment/machine/testing-machine.ts';
import { inside, openUnitMachine, PORT, UNIT, writeUnit } from '../../deployment/supervisor/testing-unit.ts';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { configSchema } from '../../harness/config.ts';
import { createMask } from '../../harness/mask.ts';
import type { Verdict } from '../../harness/verdict.ts';
import { NO_PROGRESS } from '../progress.ts';
import { createProject, type Project } from '../testing/project.ts';
import type { Ledger } from './ledger.ts';
import { LEDGER_FILE, watchService } from './watch.ts';

describe.skipIf(whyNoMachine !== undefined)(`a watched unit (${whyNoMachine ?? 'on a machine'})`, () => {
  let machine: Machine;
  let project: Project;
  let url: string;

  beforeAll(async () => {
    machine = await openUnitMachine();
    project = createProject();
    url = `http://${machine.address}:${PORT}`;
    await writeUnit(machine, 'healthy.js');
    await start();
  }, 400_000);
  afterAll(async () => {
    project?.[Symbol.dispose]();
    expect(await machine.dispose()).toEqual([]);
  });

  async function start(): Promise<void> {
    await inside(machine, `systemctl start ${UNIT}`);
    const ready = await poll(
      async () => ((await fetch(`${url}/health`)).ok ? true : undefined),
      deadlineIn(20_000, 'the unit'),
    );
    expect(ready.met).toBe(true);
  }

  /** Each look is a watch of its own: it has nothing but what the one before has written. */
  async function look(): Promise<Record<string, { outcome: string; message: string } | undefined>> {
    const folder = join(project.folder, 'watch');
    const config = configSchema.parse({
      watch: { url, health: [{ path: '/health' }], log: { unit: UNIT }, process: { unit: UNIT } },
    });
    if (config.watch === undefined) throw new Error('the configuration lost its watch');
    await watchService({
      config,
      watch: config.watch,
      url,
      projectRoot: project.folder,
      transport: machine.transport,
      folder,
      serviceName: 'fixture',
      once: true,
      mask: createMask({}, []),
      progress: NO_PROGRESS,
      signal: new AbortController().signal,
    });
    const { tallies } = JSON.parse(readFileSync(join(folder, LEDGER_FILE), 'utf8')) as Ledger;
    return Object.fromEntries(Object.entries(tallies).map(([key, { last }]) => [key, last]));
  }
  const log = `log-clean journal of ${UNIT}`;
  const stayed = 'stayed-up process of the service';
  const is = (outcome: Verdict['outcome'], words: RegExp) => ({
    outcome,
    message: expect.stringMatching(words),
  });

  it('is well, and its journal is read from where it ended', async () => {
    await look();
    const seen = await look();
    expect(seen['health-answered GET /health']).toMatchObject({ outcome: 'pass' });
    expect(seen[stayed]).toMatchObject({ outcome: 'pass' });
    expect(seen['descriptors-stable process of the service']).toMatchObject(is('skip', /^\d+ descriptors/));
    expect(seen[log]).toMatchObject({ outcome: 'pass' });
  });

  it('says what its journal holds, once, and that it is over; rotation alone loses nothing', async () => {
    await writeUnit(machine, 'logs-unhandled-rejection.js');
    await start();
    await inside(machine, `systemctl stop ${UNIT}; journalctl --rotate`);
    const seen = await look();
    expect(seen['log-clean unhandled-rejection']).toMatchObject({ outcome: 'fail' });
    expect(seen[log]).toMatchObject({ outcome: 'pass' });
    expect(seen[stayed]).toMatchObject(is('fail', /no process/));
    await writeUnit(machine, 'healthy.js');
    await start();
    const after = await look();
    expect(after['log-clean unhandled-rejection']).toMatchObject({ outcome: 'pass' });
    expect(after[stayed]).toMatchObject(is('unknown', /restarted while the watch did not run/));
  });

  it('tells what was vacuumed before it was read', async () => {
    await look();
    await inside(
      machine,
      'for n in 1 2 3; do echo "line $n" | systemd-cat; done; journalctl --sync; journalctl --rotate',
    );
    await inside(machine, 'echo after | systemd-cat; journalctl --sync; journalctl --vacuum-files=1');
    expect((await look())[log]).toMatchObject(is('unknown', /lines may be missing/));
    expect((await look())[log]).toMatchObject({ outcome: 'pass' });
  });
});
