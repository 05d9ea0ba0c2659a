/** `gate --target`: a deployed unit on a machine of its own, reached over ssh as a staging VM is. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Machine } from '../../deployment/machine/machine.ts';
import { whyNoMachine } from '../../deployment/machine/testing-machine.ts';
import { PORT, UNIT, inside, openUnitMachine, writeUnit } from '../../deployment/supervisor/testing-unit.ts';
import type { Verdict } from '../../harness/verdict.ts';
import { createProject, latestRun, runProgram, type Outcome, type Project } from '../testing/project.ts';
import { openSsh } from './testing-ssh.ts';

const VERIFY = `#!/bin/sh
printf '1..2\\nok 1 - unit-active\\n# it is %s\\n' "$(systemctl is-active ${UNIT})"
if [ -e /opt/broken ]; then printf 'not ok 2 - headers-required\\n'; exit 1; fi
echo 'ok 2 - headers-required'
`;
/** Slow answers only: on the way to the target a fast one is over before the signal is there. */
const LOAD = { requestsPerSecond: 150, beforeStopMs: 300, requests: [{ path: '/work' }] };
const CONFIG = {
  service: {
    supervisor: 'systemd',
    readiness: { http: '/health' },
    readyWithinMs: 10_000,
    exitWithinMs: 8_000,
  },
  target: { unit: UNIT, url: 'http://127.0.0.1:1', verify: ['/opt/verify.sh'] },
  routes: false,
  soak: { cycles: 3, load: LOAD },
  limits: { unreadyWithinMs: 5_000 },
};

describe.skipIf(whyNoMachine !== undefined)(`gate --target (${whyNoMachine ?? 'on a machine'})`, () => {
  let machine: Machine;
  let project: Project;
  let way: string[];
  beforeAll(async () => {
    machine = await openUnitMachine();
    project = createProject();
    way = await openSsh(machine, project.folder);
    project.write('shakedown.config.mjs', `export default ${JSON.stringify(CONFIG)};\n`);
    project.write('verify.sh', VERIFY);
    await machine.copyIn(join(project.folder, 'verify.sh'), '/opt/verify.sh');
    await inside(machine, 'chmod +x /opt/verify.sh');
  }, 400_000);
  afterAll(async () => {
    project?.[Symbol.dispose]();
    expect(await machine.dispose()).toEqual([]);
  });

  const gate = (...more: string[]): Promise<Outcome> =>
    runProgram(project, 'gate', ...way, ...['--url', `http://${machine.address}:${PORT}`, ...more]);
  const verdictsOf = (): Record<string, string> => {
    const stages = join(latestRun(project) ?? '', 'stages');
    const lines = readdirSync(stages).flatMap((stage) => {
      const file = join(stages, stage, 'verdicts.ndjson');
      return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    });
    return Object.fromEntries(
      lines.map((line) => {
        const { check, outcome, message } = JSON.parse(line) as Verdict;
        return [check, `${outcome}: ${message}`];
      }),
    );
  };

  it('passes a good unit, and leaves it running as it was', async () => {
    await writeUnit(machine, 'healthy.js');
    await inside(machine, `systemctl start ${UNIT}`);
    const outcome = await gate();
    expect(verdictsOf(), outcome.stderr).toMatchObject({
      target: expect.stringMatching(/^pass: .*is active on ssh/),
      'became-ready': expect.stringMatching(/^pass: ready after each of 3/),
      'exit-code': expect.stringMatching(/^pass: code 0 in each of 3/),
      // On a host that stands still for a moment nothing may be in flight just then: that is told, not passed over.
      'requests-kept': expect.stringMatching(/^(pass|unknown: no request was on the wire)/),
      'log-clean': expect.stringMatching(/^pass: .*3 planted lines found again/),
      'descriptors-stable': expect.stringMatching(/^pass/),
      'no-survivors': expect.stringMatching(/^pass/),
      'unit-active': 'pass: it is active',
      'verify-complete': expect.stringMatching(/^pass: 2 checks/),
    });
    expect(outcome.exitCode, outcome.stdout).toBe(
      verdictsOf()['requests-kept']?.startsWith('pass') === true ? 0 : 3,
    );
    expect(await inside(machine, `systemctl is-active ${UNIT}`)).toBe('active\n');
    expect(await inside(machine, 'ls /run/systemd/system')).toBe('');
  }, 180_000);

  it('fails one that logs what a healthy service never writes, and one that is not verified', async () => {
    await writeUnit(machine, 'logs-unhandled-rejection.js');
    await inside(machine, `systemctl start ${UNIT}; touch /opt/broken`);
    const outcome = await gate();
    expect(verdictsOf(), outcome.stderr).toMatchObject({
      'log-clean': expect.stringMatching(/^fail/),
      'headers-required': expect.stringMatching(/^fail/),
    });
    expect(outcome.exitCode).toBe(1);
  }, 180_000);

  it('does the same as a user who is not root, by what the configuration says to become', async () => {
    await writeUnit(machine, 'healthy.js');
    await inside(
      machine,
      `rm -f /opt/broken; systemctl start ${UNIT}
      apt-get install --yes --quiet=2 sudo
      useradd --create-home --shell /bin/bash deploy
      install -D --owner=deploy --mode=600 /root/authorized_keys /home/deploy/.ssh/authorized_keys
      echo 'deploy ALL=(root) NOPASSWD: ALL' > /etc/sudoers.d/deploy`,
    );
    const as = ['--target', `ssh://deploy@${machine.address}`];
    const refused = await gate(...as);
    expect(refused.exitCode, refused.stderr).not.toBe(0);
    const target = { ...CONFIG.target, become: ['sudo', '--non-interactive'] };
    project.write('shakedown.config.mjs', `export default ${JSON.stringify({ ...CONFIG, target })};\n`);
    const outcome = await gate(...as);
    project.write('shakedown.config.mjs', `export default ${JSON.stringify(CONFIG)};\n`);
    expect(verdictsOf(), outcome.stderr).toMatchObject({
      target: expect.stringMatching(/^pass/),
      'exit-code': expect.stringMatching(/^pass: code 0 in each of 3/),
      'log-clean': expect.stringMatching(/^pass: .*3 planted lines found again/),
      'verify-complete': expect.stringMatching(/^pass/),
    });
    expect(await inside(machine, `systemctl is-active ${UNIT}`)).toBe('active\n');
    expect(await inside(machine, 'ls /run/systemd/system')).toBe('');
  }, 240_000);

  it('does not know what it cannot reach', async () => {
    const away = await gate('--unit', 'nowhere');
    expect(verdictsOf().target).toMatch(/^fail: nowhere.service is not-found/);
    expect(away.exitCode).not.toBe(0);
    const wrongKey = await gate('--known-hosts', 'verify.sh');
    expect(wrongKey.exitCode).toBe(2);
    expect(wrongKey.stderr + wrongKey.stdout).toMatch(/Host key verification failed/);
  }, 180_000);
});
