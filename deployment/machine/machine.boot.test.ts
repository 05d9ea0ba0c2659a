/** A real machine, once for all of this file: what is inside, what is kept apart, and that it goes away whole. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { remainsOf } from './end-machine.ts';
import { type Machine, openMachine } from './machine.ts';
import { listRecords, type MachineRecord } from './record.ts';
import { whyNoMachine } from './testing-machine.ts';

const LIMIT_MS = 600_000;

describe.skipIf(whyNoMachine !== undefined)(`machine (${whyNoMachine ?? 'booted'})`, () => {
  let machine: Machine;
  const folder = mkdtempSync(join(tmpdir(), 'machine-'));

  beforeAll(async () => {
    machine = await openMachine({ suite: 'bookworm' });
  }, LIMIT_MS);
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await machine?.dispose();
  }, LIMIT_MS);

  const inside = async (command: string) => {
    const result = await machine.transport.run(['bash', '-c', command], { timeoutMs: 30_000 });
    if (!result.ran) throw new Error(result.reason);
    return { ...result, stdout: result.stdout.trim() };
  };
  const record = (): MachineRecord => {
    const found = listRecords().find(({ name }) => name === machine.name);
    if (found === undefined) throw new Error('the machine has no record');
    return found;
  };

  it('is a systemd of its own, on an address of its own', async () => {
    expect((await inside('hostname')).stdout).toBe(machine.name);
    expect((await inside('systemctl is-system-running')).stdout).toBe('running');
    const banner = await new Promise<string>((done, fail) => {
      const socket = connect(22, machine.address);
      socket.once('data', (data) => (socket.destroy(), done(String(data)))).once('error', fail);
    });
    expect(banner).toMatch(/^SSH-2\.0-OpenSSH/);
  });

  it('has no way beyond this host but the proxy for packages', async () => {
    expect((await inside('ip route')).stdout).not.toContain('default');
    expect(machine.environment['https_proxy']).toContain(machine.hostAddress);
    const refused = await inside(
      `curl --silent --proxy ${machine.environment['http_proxy']} http://127.0.0.1:22/`,
    );
    expect(refused.stdout).toBe('');
    expect((await inside('apt-get --quiet update')).code).toBe(0);
  });

  it("cannot move this host's clock, and a command killed by its limit is gone inside too", async () => {
    const before = Date.now();
    const moved = await inside('date --set 2031-01-01');
    expect(moved.code).not.toBe(0);
    expect(Date.now() - before).toBeLessThan(60_000);
    const late = await machine.transport.run(['bash', '-c', 'sleep 300; true'], { timeoutMs: 300 });
    expect(late).toMatchObject({ ran: false, reason: expect.stringContaining('limit 300 ms') });
    const left =
      'for i in {1..40}; do pgrep --full "[s]leep 300" >/dev/null || exit 0; sleep 0.1; done; exit 1';
    expect((await inside(left)).code).toBe(0);
  });

  it('takes files in and gives them out', async () => {
    writeFileSync(join(folder, 'in'), 'hello', { mode: 0o640 });
    await machine.copyIn(join(folder, 'in'), '/root/there');
    expect((await inside('stat --format=%a /root/there; cat /root/there')).stdout).toBe('640\nhello');
    await machine.copyOut('/root/there', join(folder, 'out'));
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('hello');
    await expect(machine.copyIn(join(folder, 'no-such-file'), '/root/x')).rejects.toThrow('no-such-file');
  });

  it('reboots on the same disk, with its journal', async () => {
    const before = machine.leaderPid;
    await inside('echo kept >/root/kept; logger --tag shakedown before-the-reboot; journalctl --sync');
    expect(await machine.reboot()).toBe('running');
    expect(machine.leaderPid).not.toBe(before);
    expect((await inside('cat /root/kept')).stdout).toBe('kept');
    const journal = await inside('journalctl --boot=-1 --identifier=shakedown --output=cat');
    expect(journal.stdout).toBe('before-the-reboot');
  });

  it('refuses a second machine of its name', async () => {
    await expect(openMachine({ suite: 'bookworm', name: machine.name })).rejects.toThrow('already');
  });

  it('goes away whole; the proof sees what is there before', async () => {
    const known = record();
    const there = remainsOf(known).join('\n');
    for (const what of ['process ', 'mount ', 'cgroup ', 'link ', 'network namespace ', 'folder '])
      expect(there).toContain(what);
    expect(await machine.dispose()).toEqual([]);
    expect(remainsOf(known)).toEqual([]);
    expect(await machine.dispose()).toEqual([]);
  });
});
