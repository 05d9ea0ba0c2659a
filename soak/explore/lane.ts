/**
 * A lane of an exploration: a port below the clients' range, a data folder that is emptied for every case, and two
 * supervisors on both, so that one life can be started beside another. Made by `explore.ts` and `replay.ts`.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceConfig } from '../../harness/config.ts';
import type { StageContext } from '../../harness/stage.ts';
import { guardian } from '../../harness/supervisors/guardian.ts';
import { createProcessSupervisor } from '../../harness/supervisors/process.ts';
import { findFreePort } from '../../harness/supervisors/ports.ts';
import type { Supervisor } from '../../harness/supervisors/supervisor.ts';

/** A supervisor keeps a record of every life; after this many cases it is made anew. */
const CASES_A_SUPERVISOR = 50;
const PORT_TRIES = 50;
/** What a start and a stop are taken to need until they have been seen. */
const FIRST_GUESS_MS = 200;
const REMEMBERED = 9;

export interface Lane {
  readonly number: number;
  readonly service: ServiceConfig;
  /** Makes the lane ready for a case: no data of the one before, an empty log. */
  reset(): Promise<void>;
  first(): Supervisor;
  /** On the same port and the same data. */
  second(): Supervisor;
  /** What the first supervisor's lives have logged since the last reset. */
  log(): string;
  /** What starts and stops typically take, from those that were seen. */
  readonly starts: Typical;
  readonly stops: Typical;
  dispose(): Promise<void>;
}

/** The median of the last few times. */
export interface Typical {
  note(ms: number): void;
  /** A guess until one was seen. */
  ms(): number;
  least(): number | undefined;
}

/** `taken` are the ports of the other lanes: none of them is given again. */
export async function openLane(
  context: StageContext,
  service: ServiceConfig,
  number: number,
  taken: Set<number>,
): Promise<Lane> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'shakedown-lane-'));
  guardian.folder(folder);
  const own = ownService(service, join(folder, 'data'), await lanePort(service, taken));
  const captured = { text: '' };
  const supervisors = createPair(context, own, number, captured);
  let cases = 0;
  return {
    number,
    service: own,
    async reset() {
      cases += 1;
      if (cases % CASES_A_SUPERVISOR === 0) await supervisors.dispose();
      rmSync(join(folder, 'data'), { recursive: true, force: true });
      mkdirSync(join(folder, 'data'), { recursive: true, mode: 0o700 });
      captured.text = '';
    },
    first: supervisors.first,
    second: supervisors.second,
    log: () => captured.text,
    starts: createTypical(),
    stops: createTypical(),
    async dispose() {
      await supervisors.dispose();
      rmSync(folder, { recursive: true, force: true });
      guardian.unfolder(folder);
    },
  };
}

/**
 * Works on every lane at once. When one fails the others are broken off by the signal they are given, and all have come to
 * their end before the first failure is thrown: a lane that went on would start a life after its supervisors were disposed
 * of, and nobody would end it.
 */
export async function onEveryLane(
  lanes: readonly Lane[],
  signal: AbortSignal,
  work: (lane: Lane, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  await Promise.allSettled(
    lanes.map((lane) => work(lane, either).catch((error: unknown) => failed.abort(error))),
  );
  failed.signal.throwIfAborted();
}

/** The service with the lane's own folder and port written in: two supervisors would each make a folder of their own. */
function ownService(service: ServiceConfig, data: string, port: ServiceConfig['port']): ServiceConfig {
  const fill = (text: string): string => text.replaceAll('{scratch}', data);
  return {
    ...service,
    port,
    command: service.command.map(fill),
    env: Object.fromEntries(Object.entries(service.env).map(([name, text]) => [name, fill(text)])),
  };
}

async function lanePort({ port, host }: ServiceConfig, taken: Set<number>): Promise<ServiceConfig['port']> {
  if (port !== 'auto') return port;
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const free = await findFreePort(host);
    if (taken.has(free)) continue;
    taken.add(free);
    return free;
  }
  throw new Error(`no port that is not another lane's in ${PORT_TRIES} tries`);
}

function createPair(context: StageContext, service: ServiceConfig, lane: number, captured: { text: string }) {
  const capturing: StageContext = {
    ...context,
    files: {
      ...context.files,
      appendText: (file, text) => {
        captured.text += text;
        context.files.appendText(file, text);
      },
    },
  };
  const pair: { first?: Supervisor | undefined; second?: Supervisor | undefined } = {};
  return {
    first: () => (pair.first ??= createProcessSupervisor(capturing, service, `explore-lane-${lane}.log`)),
    second: () =>
      (pair.second ??= createProcessSupervisor(context, service, `explore-lane-${lane}-beside.log`)),
    dispose: async () => {
      const { first, second } = pair;
      pair.first = undefined;
      pair.second = undefined;
      await Promise.all([first?.dispose(), second?.dispose()]);
    },
  };
}

function createTypical(): Typical {
  const seen: number[] = [];
  return {
    note: (ms) => {
      seen.push(ms);
      if (seen.length > REMEMBERED) seen.shift();
    },
    least: () => (seen.length === 0 ? undefined : Math.min(...seen)),
    ms: () => [...seen].sort((a, b) => a - b)[Math.floor(seen.length / 2)] ?? FIRST_GUESS_MS,
  };
}
