/**
 * The systemd supervisor: drives a unit through systemctl and reads its journal, on this host or through a transport.
 * Made by the soak stage and by the route checks; obeys `supervisor.ts`.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadlineIn, poll } from '../deadline.ts';
import type { Reading } from '../observation.ts';
import { withContract } from './contract.ts';
import { guardian } from './guardian.ts';
import type { SupervisorContext } from './process.ts';
import { StartFailure } from './supervisor.ts';
import type { Instance, LogReading, ProcessName, Supervisor } from './supervisor.ts';
import { installDropIn } from './systemd-drop-in.ts';
import type { DropIn } from './systemd-drop-in.ts';
import { listGroup, signalMembers, writeFromGroup } from './systemd-group.ts';
import type { GroupMember } from './systemd-group.ts';
import { createUnitInstance } from './systemd-instance.ts';
import { UnitLog } from './systemd-log.ts';
import { probeOptions } from './systemd-probes.ts';
import { STOP_MARGIN_MS, demandUnit, nodeOf, stopUnit, systemctl } from './systemd-request.ts';
import type { UnitRequest } from './systemd-request.ts';
import { SYSTEMCTL_WITHIN_MS, readUnit } from './systemd-unit.ts';
import type { UnitState } from './systemd-unit.ts';

const START_PACE = { firstMs: 2, maxMs: 25 };
const END_PACE = { firstMs: 10, maxMs: 50 };
const GRACE_MS = 2_000;
const KILL_MS = 3_000;

/** A supervisor for a unit; its log goes to `logFile` of the stage, masked. Nothing is touched before `start`. */
export function createSystemdSupervisor(
  context: Pick<SupervisorContext, 'files'>,
  request: UnitRequest,
  logFile = 'service.log',
): Supervisor {
  return withContract(new SystemdSupervisor(context, request, logFile));
}

/** What exists once something has been started, until it is disposed of. */
interface Workshop {
  folder: string;
  log: UnitLog;
  dropIn: DropIn;
  node: string;
}

class SystemdSupervisor implements Supervisor {
  readonly kind = 'systemd';
  readonly #context: Pick<SupervisorContext, 'files'>;
  readonly #request: UnitRequest;
  readonly #logFile: string;
  #workshop: Workshop | undefined;
  #instance: Instance | undefined;
  #state: UnitState | undefined;
  /** The invocation before the one that is to be started. */
  #before = '';
  /** Who was in the control group around the last signal: those of a later life are not among them. */
  #members: Promise<Reading<GroupMember[]>> = Promise.resolve({ readable: true, value: [] });

  constructor(context: Pick<SupervisorContext, 'files'>, request: UnitRequest, logFile: string) {
    this.#context = context;
    this.#request = request;
    this.#logFile = logFile;
  }

  async start(): Promise<Instance> {
    const { transport, target, service } = this.#request;
    this.#workshop ??= await this.#prepare();
    const { log } = this.#workshop;
    log.raw.drain();
    const logStart = log.raw.offset;
    const startedAtMs = performance.now();
    const state = await this.#startUnit();
    log.know(state.mainPid || state.execMainPid, state.invocationId);
    if (this.#workshop.node === '') this.#workshop.node = await nodeOf(transport, state.mainPid);
    const url = new URL(target.url);
    const { node } = this.#workshop;
    const listens = service.port !== 'none';
    const instance = createUnitInstance({
      ...this.#request,
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: listens ? Number(url.port || 80) : undefined,
      node,
      log,
      logStart,
      startedAtMs,
      state,
    });
    this.#state = state;
    this.#before = state.invocationId;
    this.#instance = {
      ...instance,
      signal: (name) => {
        const signalled = instance.signal(name);
        this.#members = listGroup(transport, state.controlGroup);
        return signalled;
      },
    };
    return this.#instance;
  }

  takeLogReading(): LogReading {
    return (
      this.#workshop?.log.takeReading() ?? { entries: 0, serviceLines: 0, missing: ['nothing was started'] }
    );
  }

  async plantLine(line: string): Promise<void> {
    const problem = await writeFromGroup(this.#request.transport, this.#state?.controlGroup ?? '', line);
    if (problem !== undefined)
      this.#workshop?.log.noteMissing(`no line could be planted on the unit's log path: ${problem}`);
  }

  async survivors(): Promise<Reading<ProcessName[]>> {
    const found = await this.#leftovers();
    if (!found.readable) return found;
    return { readable: true, value: found.value.map(({ pid, command }) => ({ pid, command })) };
  }

  async endSurvivors(): Promise<ProcessName[]> {
    const steps = [
      { signal: 'TERM', withinMs: GRACE_MS },
      { signal: 'KILL', withinMs: KILL_MS },
    ] as const;
    for (const { signal, withinMs } of steps) {
      const left = await this.#leftovers();
      if (!left.readable || left.value.length === 0) return [];
      await signalMembers(this.#request.transport, left.value, signal);
      const gone = async () => {
        const now = await this.#leftovers();
        return now.readable && now.value.length === 0 ? true : undefined;
      };
      const waited = await poll(gone, deadlineIn(withinMs, 'processes to end'), END_PACE);
      if (waited.met) return [];
    }
    const left = await this.survivors();
    return left.readable ? left.value : [];
  }

  async dispose(): Promise<void> {
    if (this.#workshop === undefined) return;
    const { dropIn, log, folder } = this.#workshop;
    const { target } = this.#request;
    await stopUnit(this.#request);
    if (this.#instance !== undefined)
      await this.#instance.exited(deadlineIn(STOP_MARGIN_MS, `the end of ${target.unit} to be seen`));
    try {
      // Back to what it was, as long as the start cannot be refused for the many before it.
      if (dropIn.wasActive) await systemctl(this.#request, 'start', target.unit);
    } finally {
      this.#workshop = undefined;
      await dropIn.remove().finally(() => {
        log.raw.drain();
        log.raw.close();
        rmSync(folder, { recursive: true, force: true });
        guardian.unfolder(folder);
      });
    }
    if (log.raw.failure !== undefined) throw log.raw.failure;
  }

  async #prepare(): Promise<Workshop> {
    const { transport, target } = this.#request;
    const state = await demandUnit(this.#request);
    const folder = mkdtempSync(join(realpathSync(tmpdir()), 'shakedown-'));
    guardian.folder(folder);
    let dropIn: DropIn | undefined;
    try {
      const wasActive = state.activeState === 'active' || state.activeState === 'activating';
      dropIn = await installDropIn(transport, target.unit, wasActive);
      const doubts = await probeOptions(transport);
      if (state.activeState === 'failed') await systemctl(this.#request, 'reset-failed', target.unit);
      this.#before = state.invocationId;
      await stopUnit(this.#request);
      const log = await UnitLog.open(transport, target.unit, join(folder, 'output'), (lines) =>
        this.#context.files.appendText(this.#logFile, lines),
      );
      for (const doubt of doubts) log.noteMissing(doubt);
      return { folder, log, dropIn, node: '' };
    } catch (error) {
      // Whoever could not begin leaves a service that serves as it was. The first reason is the one to tell.
      if (dropIn?.wasActive === true)
        await systemctl(this.#request, 'start', target.unit).catch(() => undefined);
      await dropIn?.remove().catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
      guardian.unfolder(folder);
      throw error;
    }
  }

  /** Starts the unit, or joins the life that its socket or Restart= has begun since the last one. */
  async #startUnit(): Promise<UnitState> {
    const { transport, target, service } = this.#request;
    const result = await transport.run(['systemctl', 'start', '--no-block', target.unit], {
      timeoutMs: SYSTEMCTL_WITHIN_MS,
    });
    if (!result.ran || result.code !== 0)
      throw new StartFailure(
        `systemd refused to start ${target.unit}: ${result.ran ? result.stderr.trim() : result.reason}`,
      );
    let seen = 'nothing';
    const started = await poll(
      async () => {
        const state = await readUnit(transport, target.unit);
        if (!state.readable) throw new Error(state.reason);
        const { activeState, subState, invocationId, mainPid, execMainPid, result: how } = state.value;
        seen = `${activeState} (${subState}), result ${how}`;
        const isNew = invocationId !== '' && invocationId !== this.#before;
        if (isNew && (mainPid > 0 || (execMainPid > 0 && state.value.exit !== undefined))) return state.value;
        if (!isNew && activeState === 'failed' && how === 'start-limit-hit') return 'refused' as const;
        return undefined;
      },
      deadlineIn(service.readyWithinMs, `${target.unit} to have a main process`),
      START_PACE,
    );
    if (started.met && started.value !== 'refused') return started.value;
    if (started.met) throw new StartFailure(`systemd refused to start ${target.unit}: start-limit-hit`);
    throw new StartFailure(`${target.unit} has no main process: ${started.reason}; it is ${seen}`);
  }

  /** Whoever is in the group and not of a life that has begun since. */
  async #leftovers(): Promise<Reading<GroupMember[]>> {
    const { transport, target } = this.#request;
    if (this.#state === undefined) return { readable: true, value: [] };
    const { controlGroup, invocationId } = this.#state;
    const found = await listGroup(transport, controlGroup);
    if (!found.readable) return found;
    const now = await readUnit(transport, target.unit);
    if (!now.readable) return now;
    if (now.value.invocationId === invocationId || now.value.mainPid === 0) return found;
    const members = await this.#members;
    if (!members.readable) return members;
    const known = new Set(members.value.map(({ pid, startTicks }) => `${pid} ${startTicks}`));
    return {
      readable: true,
      value: found.value.filter(({ pid, startTicks }) => known.has(`${pid} ${startTicks}`)),
    };
  }
}
