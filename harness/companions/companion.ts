/**
 * One companion from its start to its end, under a process supervisor of its own: guardian and run mark hold for it as
 * for a service. Driven by the gate's stage `companions`.
 */
import type { CompanionConfig } from '../config/companions.ts';
import type { ServiceConfig } from '../config.ts';
import { deadlineIn } from '../deadline.ts';
import { errorText } from '../errors.ts';
import { readPointer } from '../json-pointer.ts';
import type { ExitFact, Reading } from '../observation.ts';
import { findFreePort } from '../supervisors/ports.ts';
import { createProcessSupervisor, type SupervisorContext } from '../supervisors/process.ts';
import { lastLines } from '../supervisors/process-instance.ts';
import { type Instance, StartFailure, type Supervisor } from '../supervisors/supervisor.ts';
import { ask } from './ask.ts';
import { fillOwn } from './placeholders.ts';

const HOST = '127.0.0.1';

/** What became of a start. */
export type CompanionStart =
  { kind: 'ready'; afterMs: number; by: string } | { kind: 'failed'; reason: string };

/** What became of the stop signal. */
export type CompanionStop =
  | { kind: 'stopped'; afterMs: number; exit: ExitFact }
  /** It had ended before it was told to. */
  | { kind: 'gone'; exit: ExitFact; lastLines: string[] }
  | { kind: 'still-running'; reason: string };

/** Owns a process, its log and its ports from `start` on; `dispose` ends all of it, at any time and twice. */
export class Companion {
  readonly name: string;
  readonly logFile: string;
  /** By the names of its ports: `127.0.0.1:21000`. */
  readonly addresses: Record<string, string>;
  readonly #config: CompanionConfig;
  readonly #service: ServiceConfig;
  readonly #supervisor: Supervisor;
  #instance: Instance | undefined;

  constructor(
    context: SupervisorContext,
    config: CompanionConfig,
    ports: Record<string, number>,
    seed: number,
  ) {
    this.name = config.name;
    this.logFile = `${config.name}.log`;
    this.addresses = Object.fromEntries(
      Object.entries(ports).map(([port, number]) => [port, `${HOST}:${number}`]),
    );
    this.#config = config;
    this.#service = asService(config, ports, seed);
    const key = `companions.${config.name}`;
    this.#supervisor = createProcessSupervisor(context, this.#service, this.logFile, key);
  }

  /** Starts it and waits until it is ready. @throws UsageError when its configuration cannot be right. */
  async start(signal: AbortSignal): Promise<CompanionStart> {
    try {
      this.#instance = await this.#supervisor.start();
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      return { kind: 'failed', reason: errorText(error) };
    }
    const deadline = deadlineIn(this.#config.readyWithinMs, `${this.name} to become ready`);
    const readiness = await this.#instance.ready(deadline, signal);
    return readiness.kind === 'ready'
      ? { kind: 'ready', afterMs: readiness.afterMs, by: readiness.by }
      : { kind: 'failed', reason: readiness.reason };
  }

  get pid(): number | undefined {
    return this.#instance?.pid;
  }

  /** Whether it is asked for complaints. */
  get isAsked(): boolean {
    return this.#config.complaints !== undefined;
  }

  /** What it complains of; `undefined` when it is not asked. */
  async complaints(): Promise<Reading<unknown[]> | undefined> {
    const { complaints } = this.#config;
    if (complaints === undefined) return undefined;
    const answer = await ask({ origin: `http://${this.addresses[complaints.port]}`, path: complaints.http });
    if (answer.kind !== 'answered') return { readable: false, reason: answer.reason };
    const list = readPointer(answer.value, complaints.pointer);
    if (Array.isArray(list)) return { readable: true, value: list as unknown[] };
    const seen = JSON.stringify(list)?.slice(0, 100) ?? 'nothing';
    const where = complaints.pointer === '' ? 'the answer' : complaints.pointer;
    return { readable: false, reason: `GET ${complaints.http}: expected an array at ${where}, got ${seen}` };
  }

  /** Sends the stop signal and waits for the exit; `undefined` when it was never started. */
  async stop(): Promise<CompanionStop | undefined> {
    const instance = this.#instance;
    if (instance === undefined) return undefined;
    const slice = (cursor: number) => instance.logs(cursor);
    const startedAtMs = performance.now();
    const sent = await instance.signal(this.#config.stopSignal);
    const ended = await instance.exited(deadlineIn(this.#config.exitWithinMs, `${this.name} to exit`));
    if (ended.kind !== 'exited') return { kind: 'still-running', reason: ended.reason };
    const { exit } = ended;
    return sent.sent
      ? { kind: 'stopped', afterMs: ended.atMs - startedAtMs, exit }
      : { kind: 'gone', exit, lastLines: lastLines({ slice }, instance.logStart) };
  }

  dispose(): Promise<void> {
    return this.#supervisor.dispose();
  }
}

/** Free ports for every name of every companion, each another one. */
export async function choosePorts(
  companions: readonly CompanionConfig[],
): Promise<Map<string, Record<string, number>>> {
  const taken = new Set<number>();
  const chosen = new Map<string, Record<string, number>>();
  for (const { name, ports } of companions) {
    const own: Record<string, number> = {};
    for (const port of ports) {
      let number = await findFreePort(HOST);
      // Bound for a moment only: the same one can come up again until its owner listens.
      for (let tries = 0; taken.has(number) && tries < 100; tries += 1) number = await findFreePort(HOST);
      taken.add(number);
      own[port] = number;
    }
    chosen.set(name, own);
  }
  return chosen;
}

/** A companion is supervised like a service: the same words, other keys. */
function asService(config: CompanionConfig, ports: Record<string, number>, seed: number): ServiceConfig {
  const { name, command, cwd, node, env, readiness, readyWithinMs, exitWithinMs, stopSignal } = config;
  const fill = (text: string): string => fillOwn(text, ports, seed);
  return {
    name,
    supervisor: 'process',
    command: command.map(fill),
    cwd,
    node: node ?? process.execPath,
    env: Object.fromEntries(Object.entries(env).map(([key, value]) => [key, fill(value)])),
    host: HOST,
    port: 'http' in readiness ? (ports[readiness.port] ?? 'none') : 'none',
    readiness: 'http' in readiness ? { http: readiness.http, status: readiness.status } : readiness,
    readyWithinMs,
    exitWithinMs,
    stopSignal,
  };
}
