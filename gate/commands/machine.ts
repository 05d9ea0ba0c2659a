/** `shakedown machine`: a disposable machine with a real systemd: up, run, down, list, and the deployment's test on it. */
import { BAD_DEPLOYMENTS, type BadDeployment } from '../../deployment/bad-deployment.ts';
import { endOrphans, attach, openMachine } from '../../deployment/machine/machine.ts';
import { endMachine, remainsOf } from '../../deployment/machine/end-machine.ts';
import { hostObstacle } from '../../deployment/machine/host.ts';
import { machineStage } from '../../deployment/machine/machine-stage.ts';
import { addressOf, MACHINE_UP, type Suite, SUITES } from '../../deployment/machine/places.ts';
import { listRecords, type MachineRecord } from '../../deployment/machine/record.ts';
import { openReleases } from '../../deployment/machine/releases.ts';
import { STEPS } from '../../deployment/machine/steps.ts';
import { UsageError } from '../../harness/errors.ts';
import { isAlive } from '../../harness/process-identity.ts';
import { executeRun } from '../execute-run.ts';
import { EXIT_CODES } from '../exit-code.ts';
import { openConfig } from '../open-config.ts';
import type { RunOptions } from '../options.ts';
import { preflightStage } from '../preflight-stage.ts';

export interface NamedMachine {
  name?: string;
}

export interface UpOptions extends NamedMachine {
  suite: Suite;
}

export interface MachineTestOptions extends RunOptions {
  suite?: Suite[];
  step?: string[];
  /** A fault that the test is to find. */
  defect?: BadDeployment;
}

const TEST_LIMIT_MS = 3_600_000;

const note = (text: string): void => void process.stderr.write(`${text}\n`);
const print = (text: string): void => void process.stdout.write(`${text}\n`);

/** Boots a machine that stays until `down`. */
export async function up({ suite, name }: UpOptions): Promise<number> {
  const request = { suite, progress: note, keep: true, ...(name === undefined ? {} : { name }) };
  const machine = await openMachine(request);
  print(`${machine.name} ${machine.address}`);
  note(`it stays: \`npm run machine -- run --name ${machine.name} -- COMMAND\`, and \`down\` ends it`);
  return EXIT_CODES.pass;
}

/** Runs a command inside. @returns its code. */
export async function run(command: readonly string[], options: NamedMachine): Promise<number> {
  if (command.length === 0) throw new UsageError('machine run: name a command after --');
  const machine = await attach(chooseRecord(options));
  const child = machine.transport.stream(command);
  child.stdout.pipe(process.stdout);
  child.stderr.pipe(process.stderr);
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (code) => done(code ?? EXIT_CODES.unknown));
  });
}

/** Ends a machine, or all that nobody uses, and proves that nothing is left. */
export async function down(options: NamedMachine): Promise<number> {
  demandRoot();
  await endOrphans(note);
  const records =
    options.name === undefined
      ? listRecords().filter(({ owner }) => owner === undefined)
      : [chooseRecord(options)];
  if (records.length === 0) note('no machine is up');
  let worst: number = EXIT_CODES.pass;
  for (const record of records) {
    const left = await endMachine(record, { orderly: true });
    if (left.length > 0) worst = EXIT_CODES.fail;
    print(
      left.length === 0 ? `${record.name}: ended, nothing left` : `${record.name}: LEFT ${left.join('; ')}`,
    );
  }
  return worst;
}

export function list(): number {
  for (const record of listRecords())
    print([record.name, record.suite, addressOf(record.number), stateOf(record), record.since].join('  '));
  return EXIT_CODES.pass;
}

/** The test of the deployment, on a fresh machine of each suite. */
export async function test(options: MachineTestOptions): Promise<number> {
  return openConfig('machine', options, async (loaded) => {
    const declared = loaded.config.unavailable[`deployment/${MACHINE_UP}`];
    const obstacle = hostObstacle();
    const off = declared !== undefined && obstacle !== undefined;
    const { defect } = options;
    const fault = defect === undefined ? undefined : BAD_DEPLOYMENTS[defect];
    if (fault !== undefined) note(`seeded: ${fault.meaning}; ${fault.step} must turn red`);
    const chosen = options.step ?? (fault === undefined ? undefined : withNeeded(fault.step));
    const steps = STEPS.filter(({ id }) => chosen === undefined || chosen.includes(id));
    if (steps.length === 0)
      throw new UsageError(`--step: expected some of ${STEPS.map(({ id }) => id).join(', ')}`);
    const stage = machineStage({
      suites: options.suite ?? SUITES,
      steps,
      releases: () => openReleases(defect),
    });
    // Two machines with all that is done to them take longer than a gate may.
    loaded.config.gateWithinMs = Math.max(loaded.config.gateWithinMs, TEST_LIMIT_MS);
    const declined = off ? [{ stage: 'deployment', why: `${declared} (${obstacle})` }] : [];
    return executeRun({
      command: 'machine',
      loaded,
      stages: [preflightStage(declined), ...(off ? [] : [stage])],
      options,
    });
  });
}

/** A step, and those that it rests on. */
function withNeeded(id: string): string[] {
  const needs = STEPS.find((step) => step.id === id)?.needs ?? [];
  return [id, ...needs.flatMap(withNeeded)];
}

function stateOf(record: MachineRecord): string {
  const { leader, owner } = record;
  const runs = leader !== undefined && isAlive(leader);
  if (owner !== undefined && !isAlive(owner)) return `left over (${remainsOf(record).length} things)`;
  return `${runs ? 'up' : 'off'}, ${owner === undefined ? 'kept' : `used by process ${owner.pid}`}`;
}

function chooseRecord({ name }: NamedMachine): MachineRecord {
  demandRoot();
  const records = listRecords();
  const known = records.map((record) => record.name).join(', ') || 'none';
  const [record, ...others] = name === undefined ? records : records.filter((one) => one.name === name);
  if (record === undefined)
    throw new UsageError(
      `${name === undefined ? 'no machine is up' : `there is no machine ${name}`}; there are: ${known}`,
    );
  if (others.length > 0) throw new UsageError(`several machines are up, name one of ${known} with --name`);
  return record;
}

function demandRoot(): void {
  const obstacle = hostObstacle();
  if (obstacle !== undefined) throw new UsageError(`no machine can be had here: ${obstacle}`);
}
