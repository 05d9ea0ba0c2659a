/** A machine with units over services of `fixtures/services`, and supervisors over them. Tests only. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { configSchema } from '../../harness/config.ts';
import { createSystemdSupervisor } from '../../harness/supervisors/systemd.ts';
import { testFiles } from '../../harness/supervisors/test-supervisor.ts';
import type { TestSupervisor } from '../../harness/supervisors/test-supervisor.ts';
import type { Transport } from '../../harness/transport/transport.ts';
import { openMachine } from '../machine/machine.ts';
import type { Machine } from '../machine/machine.ts';
import { testedSuite } from '../machine/testing-machine.ts';

const REPOSITORY = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const UNIT = 'fixture.service';
export const PORT = 8080;

/** A machine that has Node and the misbehaving services. */
export async function openUnitMachine(): Promise<Machine> {
  const machine = await openMachine({ suite: testedSuite() });
  await machine.copyIn(process.execPath, '/usr/local/bin/node');
  await machine.copyIn(join(REPOSITORY, 'fixtures/services'), '/opt/services');
  return machine;
}

/** Runs a script of the shell inside; @throws when it fails. */
export async function inside({ transport }: Machine, script: string): Promise<string> {
  const result = await transport.run(['bash', '-euc', script], { timeoutMs: 60_000 });
  if (!result.ran) throw new Error(result.reason);
  if (result.code !== 0) throw new Error(`${script} ended with ${result.code}: ${result.stderr}`);
  return result.stdout;
}

/** Writes the unit; `lines` go into its [Service], or above it where they name another section first. */
export async function writeUnit(
  machine: Machine,
  file: string,
  lines: readonly string[] = [],
): Promise<void> {
  const text = [
    '[Service]',
    'Type=exec',
    'Environment=HOST=0.0.0.0',
    `Environment=PORT=${PORT}`,
    `ExecStart=/usr/local/bin/node /opt/services/${file}`,
    ...lines,
  ];
  const path = `/etc/systemd/system/${UNIT}`;
  const script = `if [ "$(systemctl show --property=LoadState --value ${UNIT})" = loaded ]; then systemctl stop ${UNIT}; fi
    cat > ${path}; systemctl daemon-reload
    if systemctl is-failed --quiet ${UNIT}; then systemctl reset-failed ${UNIT}; fi`;
  const command = ['bash', '-euc', script];
  const result = await machine.transport.run(command, { timeoutMs: 30_000, input: `${text.join('\n')}\n` });
  if (!result.ran || result.code !== 0)
    throw new Error(`the unit was not written: ${JSON.stringify(result)}`);
}

/** A supervisor over a unit that runs a service of `fixtures/services`. */
export async function superviseUnit(
  machine: Machine,
  file: string,
  lines: readonly string[] = [],
): Promise<TestSupervisor> {
  await writeUnit(machine, file, lines);
  return {
    ...superviseTarget(machine.transport, machine.address),
    isRunning: async (pid) =>
      (await inside(machine, `[ -e /proc/${pid} ] && echo yes || echo no`)) === 'yes\n',
  };
}

/** A supervisor over the unit as it is. */
export function superviseTarget(transport: Transport, address: string): Omit<TestSupervisor, 'isRunning'> {
  const { service, target } = configSchema.parse({
    service: { supervisor: 'systemd', readiness: { http: '/health' } },
    target: { unit: UNIT, url: `http://${address}:${PORT}` },
  });
  if (service === undefined || target === undefined) throw new Error('the configuration lost its target');
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-test-'));
  const supervisor = createSystemdSupervisor({ files: testFiles(folder) }, { transport, target, service });
  return {
    supervisor,
    runMark: 'none',
    log: () => readFileSync(join(folder, 'service.log'), 'utf8'),
    end: async () => {
      await supervisor.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
