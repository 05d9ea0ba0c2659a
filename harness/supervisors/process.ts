/**
 * The process supervisor: spawns the service in a session of its own, on this host, without systemd.
 * Made by the soak stage and by the route checks; obeys `supervisor.ts`.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceConfig } from '../config.ts';
import { UsageError, errorText } from '../errors.ts';
import { RUN_MARK_VARIABLE } from '../stage.ts';
import type { StageContext } from '../stage.ts';
import { withContract } from './contract.ts';
import { guardian } from './guardian.ts';
import { Groups } from './groups.ts';
import { endProcesses } from './leftovers.ts';
import type { Reading } from '../observation.ts';
import { findOwnNode } from './own-node.ts';
import type { OwnNode } from './own-node.ts';
import { demandFreePort, findFreePort } from './ports.ts';
import { commandOf, hasProc, readStat } from './proc.ts';
import { createInstance } from './process-instance.ts';
import { RawLog } from './raw-log.ts';
import { planSpawn, withPreload } from './service-command.ts';
import type { SpawnPlan } from './service-command.ts';
import { StartFailure } from './supervisor.ts';
import type { Instance, Preload, ProcessName, StartOptions, Supervisor } from './supervisor.ts';

/** Carried by every process of one supervisor, besides the run mark: two supervisors of a run stay apart. */
const SUPERVISOR_VARIABLE = 'SHAKEDOWN_SUPERVISOR';
const GRACE_MS = 2_000;
const KILL_MS = 3_000;

/** What of a stage's context a supervisor needs. */
export type SupervisorContext = Pick<
  StageContext,
  'projectRoot' | 'files' | 'runMark' | 'serviceEnvironment' | 'conceal'
> & { config: Pick<StageContext['config'], 'secrets'> };

/**
 * A supervisor for the configured service. Its output goes to `logFile` of the stage, masked, line by line.
 * Nothing is started or written before `start`. `key` is where the configuration describes it, for errors.
 */
export function createProcessSupervisor(
  context: SupervisorContext,
  service: ServiceConfig,
  logFile = 'service.log',
  key = 'service',
): Supervisor {
  return withContract(new ProcessSupervisor(context, service, logFile, key));
}

/** What exists once something has been started, until it is disposed of. */
interface Workshop {
  folder: string;
  log: RawLog;
  node: OwnNode;
  port: number | undefined;
  plan: SpawnPlan;
}

class ProcessSupervisor implements Supervisor {
  readonly kind = 'process';
  readonly #context: SupervisorContext;
  readonly #service: ServiceConfig;
  readonly #logFile: string;
  readonly #key: string;
  readonly #marker = { name: SUPERVISOR_VARIABLE, value: randomBytes(8).toString('hex') };
  #workshop: Workshop | undefined;
  #folder: string | undefined;
  /** Those that have not ended yet. */
  readonly #children = new Set<ChildProcess>();
  readonly #groups: Groups;

  constructor(context: SupervisorContext, service: ServiceConfig, logFile: string, key: string) {
    this.#context = context;
    this.#service = service;
    this.#logFile = logFile;
    this.#key = key;
    this.#groups = new Groups(this.#marker);
  }

  async start(options: StartOptions = {}): Promise<Instance> {
    this.#workshop ??= await this.#prepare();
    const { port, plan, log, node } = this.#workshop;
    if (port !== undefined && options.portProved !== true) await demandFreePort(port, this.#service.host);
    log.drain();
    const logStart = log.offset;
    const startedAtMs = performance.now();
    const child = await this.#spawn(plan, log, options.preload);
    return createInstance({
      child,
      service: this.#service,
      port,
      command: plan.command,
      node: node.version,
      log,
      logStart,
      startedAtMs,
    });
  }

  async plantLine(line: string): Promise<void> {
    this.#workshop?.log.append(line);
  }

  async survivors(): Promise<Reading<ProcessName[]>> {
    if (!hasProc()) return { readable: false, reason: 'this system has no /proc to look for processes in' };
    return { readable: true, value: this.#groups.leftovers().map(named) };
  }

  async endSurvivors(): Promise<ProcessName[]> {
    if (!hasProc()) return this.#endGroupsBlindly();
    const left = await endProcesses(() => this.#groups.leftovers(), GRACE_MS, KILL_MS);
    return left.map(named);
  }

  async dispose(): Promise<void> {
    const left = await this.endSurvivors();
    this.#workshop?.log.drain();
    this.#workshop?.log.close();
    const logFailure = this.#workshop?.log.failure;
    this.#workshop = undefined;
    if (left.length > 0) {
      // The guardian keeps its records: what cannot be ended now may be ended later.
      throw new Error(`could not end ${left.map((item) => `pid ${item.pid} (${item.command})`).join(', ')}`);
    }
    this.#groups.forgetAll();
    if (this.#folder !== undefined) {
      rmSync(this.#folder, { recursive: true, force: true });
      guardian.unfolder(this.#folder);
      this.#folder = undefined;
    }
    if (logFailure !== undefined) throw logFailure;
  }

  async #prepare(): Promise<Workshop> {
    const { context, service } = { context: this.#context, service: this.#service };
    const node = await this.#findNode();
    const port = await this.#choosePort();
    if (this.#folder === undefined) {
      // The real path, so that it can be compared with what /proc says.
      this.#folder = mkdtempSync(join(realpathSync(tmpdir()), 'shakedown-'));
      guardian.folder(this.#folder);
    }
    const scratch = join(this.#folder, 'scratch');
    mkdirSync(scratch, { recursive: true, mode: 0o700 });
    const plan = planSpawn({
      service,
      projectRoot: context.projectRoot,
      base: context.serviceEnvironment,
      nodePath: node.path,
      placeholders: { port, scratch },
      secretNames: context.config.secrets,
    });
    for (const secret of plan.secrets) context.conceal(secret);
    plan.environment[RUN_MARK_VARIABLE] = context.runMark;
    plan.environment[this.#marker.name] = this.#marker.value;
    if (!isFolder(plan.cwd))
      throw new UsageError(`${this.#key}.cwd: no folder at ${plan.cwd}; expected its working directory`);
    guardian.mark({ name: RUN_MARK_VARIABLE, value: context.runMark });
    const log = new RawLog(join(this.#folder, 'output'), (lines) =>
      context.files.appendText(this.#logFile, lines),
    );
    return { folder: this.#folder, log, node, port, plan };
  }

  /** A service that is not run by Node directly may have none that can be found. */
  async #findNode(): Promise<OwnNode> {
    const { node, command } = this.#service;
    try {
      const { projectRoot, serviceEnvironment } = this.#context;
      return await findOwnNode(node, projectRoot, serviceEnvironment, `${this.#key}.node`);
    } catch (error) {
      if (command[0] === 'node' || node !== 'node') throw error;
      return { path: 'node', version: 'none found' };
    }
  }

  async #choosePort(): Promise<number | undefined> {
    const { port, host } = this.#service;
    if (port === 'none') return undefined;
    return port === 'auto' ? await findFreePort(host) : port;
  }

  async #spawn(plan: SpawnPlan, log: RawLog, preload?: Preload): Promise<ChildProcess & { pid: number }> {
    const [program = '', ...words] = plan.command;
    const child = spawn(program, words, {
      cwd: plan.cwd,
      env: preload === undefined ? plan.environment : withPreload(plan.environment, preload),
      detached: true,
      stdio: ['ignore', log.appendDescriptor, log.appendDescriptor],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', (error) => {
        reject(
          new StartFailure(
            `cannot run ${plan.command.join(' ')}: ${errorText(error)}; check ${this.#key}.command`,
          ),
        );
      });
    });
    const { pid } = child;
    if (pid === undefined) throw new StartFailure(`${plan.command.join(' ')} has no process id`);
    const record = { pid, startTicks: readStat(pid)?.startTicks ?? 0 };
    this.#groups.add(record);
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return Object.assign(child, { pid });
  }

  /** Without /proc a group can only be signalled as a whole, and only while its leader has not been collected. */
  async #endGroupsBlindly(): Promise<ProcessName[]> {
    for (const child of this.#children) {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      await gone;
    }
    return [];
  }
}

function named(stat: { pid: number }): ProcessName {
  return { pid: stat.pid, command: commandOf(stat.pid) };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
