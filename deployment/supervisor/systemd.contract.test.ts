/** The supervisor contract over units of a real systemd, and what only units have. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deadlineIn } from '../../harness/deadline.ts';
import { describeContract } from '../../harness/supervisors/contract-suite.ts';
import { StartFailure } from '../../harness/supervisors/supervisor.ts';
import type { TestSupervisor } from '../../harness/supervisors/test-supervisor.ts';
import type { Machine } from '../machine/machine.ts';
import { whyNoMachine } from '../machine/testing-machine.ts';
import { UNIT, inside, openUnitMachine, superviseUnit } from './testing-unit.ts';

const DROP_IN = `/run/systemd/system/${UNIT}.d/90-shakedown-soak.conf`;
const OTHER_RUN = fileURLToPath(new URL('./soaks-and-hangs.ts', import.meta.url));
const soon = (what: string) => deadlineIn(10_000, what);

describe.skipIf(whyNoMachine !== undefined)(`units (${whyNoMachine ?? 'on a machine'})`, () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await openUnitMachine();
  }, 300_000);
  afterAll(async () => {
    expect(await machine.dispose()).toEqual([]);
  });

  const using = async (
    file: string,
    lines: string[],
    use: (given: TestSupervisor) => Promise<void>,
  ): Promise<void> => {
    const given = await superviseUnit(machine, file, lines);
    try {
      await use(given);
    } finally {
      await given.end();
    }
  };

  describeContract('systemd', (file) => superviseUnit(machine, file));

  it('tells a service that systemd had to kill', async () => {
    await using('ignores-sigterm.js', ['TimeoutStopSec=1'], async ({ supervisor, log }) => {
      const instance = await supervisor.start();
      await instance.ready(soon('readiness'));
      await instance.signal('SIGTERM');
      expect(await instance.exited(soon('exit'))).toMatchObject({ exit: { code: null, signal: 'SIGKILL' } });
      expect(log()).toMatch(/^systemd: .*State 'stop-sigterm' timed out. Killing/m);
      expect(supervisor.takeLogReading?.()).toMatchObject({ missing: [], serviceLines: expect.any(Number) });
    });
  });

  it('says why a life ended before it was ready', async () => {
    await using('exits-at-once.js', [], async ({ supervisor }) => {
      const instance = await supervisor.start();
      expect(await instance.ready(soon('readiness'))).toMatchObject({
        kind: 'exited',
        exit: { code: 1, signal: null },
      });
    });
  });

  it('restarts as often as it likes, and leaves the unit as it was', async () => {
    await using('healthy.js', ['[Unit]', 'StartLimitBurst=2'], async ({ supervisor }) => {
      await inside(machine, `systemctl start ${UNIT}`);
      for (let life = 0; life < 6; life += 1) {
        const instance = await supervisor.start();
        expect(await instance.ready(soon('readiness'))).toMatchObject({ kind: 'ready' });
        await instance.signal('SIGTERM');
        expect(await instance.exited(soon('exit'))).toMatchObject({ exit: { code: 0 } });
      }
      expect(supervisor.takeLogReading?.().missing).toEqual([]);
      await inside(machine, `test -e ${DROP_IN}`);
      await supervisor.dispose();
      expect(await inside(machine, `systemctl is-active ${UNIT}; ls /run/systemd/system`)).toMatch(
        /^active\n/,
      );
      expect(await inside(machine, 'ls /run/systemd/system')).not.toMatch(/shakedown|fixture/);
    });
  });

  it('refuses a unit that another run soaks, and takes over from one that was killed', async () => {
    await using('healthy.js', [], async ({ supervisor }) => {
      await inside(machine, `systemctl start ${UNIT}`);
      const words = [OTHER_RUN, String(machine.leaderPid), machine.address];
      const other = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        await once(other.stdout, 'data');
        await expect(supervisor.start()).rejects.toThrow(/is being soaked by another run/);
      } finally {
        other.kill('SIGKILL');
        await once(other, 'exit');
      }
      await inside(machine, `test -e ${DROP_IN}; systemctl stop ${UNIT}`);
      await (await supervisor.start()).ready(soon('readiness'));
      await supervisor.dispose();
      // It ran before the run that was killed.
      expect(await inside(machine, `systemctl is-active ${UNIT}; ls /run/systemd/system`)).toBe('active\n');
    });
  });

  it('sees, and ends, what the service leaves behind', async () => {
    await using('leaves-child.js', ['KillMode=process'], async ({ supervisor }) => {
      const instance = await supervisor.start();
      await instance.ready(soon('readiness'));
      await instance.signal('SIGTERM');
      await instance.exited(soon('exit'));
      const survivors = await supervisor.survivors();
      expect(survivors).toMatchObject({
        readable: true,
        value: [{ command: expect.stringContaining('node') }],
      });
      expect(await supervisor.endSurvivors()).toEqual([]);
      expect(await supervisor.survivors()).toEqual({ readable: true, value: [] });
    });
  });

  it('joins the life that systemd has begun by itself', async () => {
    await using('healthy.js', ['Restart=always', 'RestartSec=0'], async ({ supervisor }) => {
      const first = await supervisor.start();
      await first.signal('SIGKILL');
      expect(await first.exited(soon('exit'))).toMatchObject({ exit: { code: null, signal: 'SIGKILL' } });
      const second = await supervisor.start();
      expect(await second.ready(soon('readiness'))).toMatchObject({ kind: 'ready' });
      expect(second.pid).not.toBe(first.pid);
    });
  });

  it('says so when there is no process to be had', async () => {
    await using('healthy.js', ['[Unit]', 'ConditionPathExists=/nowhere'], async ({ supervisor }) => {
      await expect(supervisor.start()).rejects.toThrow(StartFailure);
    });
  });
});
