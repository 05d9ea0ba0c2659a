/** `gate --target` as it is meant: the installed reference service, through nginx, over ssh, its listener kept. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bring, install, lastLine, UNIT } from '../../deployment/machine/deploy.ts';
import { openMachine, type Machine } from '../../deployment/machine/machine.ts';
import { openReleases } from '../../deployment/machine/releases.ts';
import { createStand } from '../../deployment/machine/stand.ts';
import { testedSuite, whyNoMachine } from '../../deployment/machine/testing-machine.ts';
import { inside } from '../../deployment/supervisor/testing-unit.ts';
import { createProject, runProgram, type Outcome, type Project } from '../testing/project.ts';
import { openSsh } from './testing-ssh.ts';

const REPOSITORY = resolve(import.meta.dirname, '../..');
const JWT_SECRET = randomUUID();
/** The accounts of `shakedown.config.ts`: the gate logs in as them. */
const ACCOUNTS = {
  ADMIN_EMAIL: 'admin@example.test',
  ADMIN_PASSWORD: 'correct-horse-battery',
  USER_EMAIL: 'trader@example.test',
  USER_PASSWORD: 'wrong-horse-battery',
};
const NOTHING_IN_FLIGHT = /^no request was on the wire when the stop signal struck/;
const ENVIRONMENT = '/root/environment';

describe.skipIf(whyNoMachine !== undefined)(
  `the deployed service (${whyNoMachine ?? 'on a machine'})`,
  () => {
    let machine: Machine;
    let project: Project;
    let exchanges: ChildProcess;
    let way: string[];

    beforeAll(async () => {
      machine = await openMachine({ suite: testedSuite() });
      project = createProject();
      const started = await startExchanges(machine.hostAddress);
      exchanges = started.child;
      await installWith({ ...ACCOUNTS, JWT_SECRET, ...started.urls });
      way = await openSsh(machine, project.folder);
      const staging = JSON.stringify(join(REPOSITORY, 'deployment/staging.config.ts'));
      project.write(
        'shakedown.config.ts',
        [
          `import staging from ${staging};`,
          `const target = { ...staging.target, companionPorts: ${JSON.stringify(started.ports)} };`,
          'export default { ...staging, target, soak: { ...staging.soak, cycles: 3 } };\n',
        ].join('\n'),
      );
      process.env['JWT_SECRET'] = JWT_SECRET;
    }, 400_000);
    afterAll(async () => {
      exchanges?.kill('SIGTERM');
      project?.[Symbol.dispose]();
      expect(await machine.dispose()).toEqual([]);
    });

    async function installWith(settings: Record<string, string>): Promise<void> {
      using releases = openReleases();
      const lines: string[] = [];
      const log = (text: string): void => void lines.push(text);
      const { signal } = new AbortController();
      const stand = createStand({ machine, releases, signal, memory: {}, log });
      const local = join(project.folder, 'environment');
      writeFileSync(
        local,
        Object.entries(settings)
          .map(([name, value]) => `${name}=${value}\n`)
          .join(''),
      );
      await machine.copyIn(local, ENVIRONMENT);
      const ended = await install(stand, await bring(stand, 'good'), '--environment', ENVIRONMENT);
      expect(ended.code, `${lastLine(ended)}\n${lines.join('\n')}`).toBe(0);
    }

    const gate = (...more: string[]): Promise<Outcome> =>
      runProgram(project, 'gate', ...way, '--url', `http://${machine.address}`, ...more);

    it('passes: every route, restarts with a kept listener and its journal, and verify.sh', async () => {
      const outcome = await gate();
      const { summary, stderr } = outcome;
      // On a host that stands still for a moment nothing may be in flight just then: that is told, not passed over.
      const findings = (summary?.findings ?? []).filter(({ message }) => !NOTHING_IN_FLIGHT.test(message));
      expect(findings, stderr).toEqual([]);
      const stages = summary?.stages.filter(({ name }) => name !== 'soak') ?? [];
      expect(stages.map(({ name, outcome: result }) => `${name} ${result}`).sort()).toEqual([
        'deployment pass',
        'preflight pass',
        'routes pass',
      ]);
      expect(outcome.exitCode).toBe(summary?.findings.length === 0 ? 0 : 3);
      expect(await inside(machine, `systemctl is-active ${UNIT}`)).toBe('active\n');
      expect(await inside(machine, 'ls /run/systemd/system')).toBe('');
    }, 300_000);

    it('fails where the server is not as it was deployed: the unit is not enabled any more', async () => {
      await inside(machine, `systemctl disable ${UNIT}`);
      const outcome = await gate('--stage', 'deployment');
      expect(outcome.exitCode, outcome.stderr).toBe(1);
      expect(outcome.summary?.findings).toMatchObject([
        { stage: 'deployment', check: 'unit-enabled', outcome: 'fail' },
      ]);
    }, 120_000);
  },
);

interface Exchanges {
  child: ChildProcess;
  urls: Record<string, string>;
  ports: number[];
}

const IDS = ['luno', 'binance', 'kucoin'];

/** The loopback exchanges, on the host's end of the machine's wire. */
async function startExchanges(host: string): Promise<Exchanges> {
  const program = join(REPOSITORY, 'fixtures/exchanges/main.ts');
  const child = spawn(process.execPath, [program, '--host', host], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
  const ports = JSON.parse(line) as Record<string, number>;
  const urls = IDS.map((id) => [`${id.toUpperCase()}_URL`, `http://${host}:${ports[id]}`]);
  return {
    child,
    ports: IDS.map((id) => ports[id] ?? 0),
    urls: Object.fromEntries(urls) as Record<string, string>,
  };
}
