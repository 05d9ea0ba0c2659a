/**
 * Checks the supervisor contract around every transition, for every implementation: `createProcessSupervisor` and
 * its likes return their supervisor wrapped. A breach is a fault of the harness and throws.
 */
import { deadlineIn } from '../deadline.ts';
import type { Ended, Instance, StartOptions, Supervisor } from './supervisor.ts';

/** The supervisor, or its caller, did what the contract rules out. */
export class ContractBreach extends Error {
  override readonly name = 'ContractBreach';
}

/** The same supervisor with its states asserted. */
export function withContract(supervisor: Supervisor): Supervisor {
  let current: Instance | undefined;
  let starting = false;
  const demand = (holds: boolean, what: string): void => {
    if (!holds) throw new ContractBreach(`${supervisor.kind} supervisor: ${what}`);
  };
  return {
    kind: supervisor.kind,
    async start(options?: StartOptions) {
      demand(!starting, 'start was called while another start was under way');
      demand(
        current?.exit() !== undefined || current === undefined,
        `start was called while pid ${current?.pid} runs`,
      );
      demand(canPreload(supervisor, options), 'it was given a preload: a unit has an environment of its own');
      starting = true;
      try {
        const instance = await supervisor.start(options);
        const { pid } = instance;
        demand(pid > 0 && pid !== process.pid, `started an instance with pid ${pid}`);
        current = instance;
        return withInstanceContract(instance, demand);
      } finally {
        starting = false;
      }
    },
    async plantLine(line) {
      demand(current !== undefined, 'a line was planted before the first start');
      demand(!line.includes('\n'), 'a planted line must be one line');
      await supervisor.plantLine(line);
    },
    ...logReadingOf(supervisor),
    survivors: async () => {
      demand(
        current?.exit() !== undefined || current === undefined,
        'survivors were asked for while an instance runs',
      );
      return supervisor.survivors();
    },
    endSurvivors: () => supervisor.endSurvivors(),
    async dispose() {
      await supervisor.dispose();
      if (current === undefined) return;
      const ended = await current.exited(deadlineIn(1_000, 'a disposed instance to have exited'));
      demand(ended.kind === 'exited', `dispose came back while pid ${current.pid} runs`);
      current = undefined;
    },
  };
}

function logReadingOf(supervisor: Supervisor): Pick<Supervisor, 'takeLogReading'> {
  const take = supervisor.takeLogReading?.bind(supervisor);
  return take === undefined ? {} : { takeLogReading: take };
}

function withInstanceContract(instance: Instance, demand: (holds: boolean, what: string) => void): Instance {
  return {
    ...instance,
    async ready(deadline, signal) {
      const readiness = await instance.ready(deadline, signal);
      if (readiness.kind === 'exited') demand(instance.exit() !== undefined, 'said "exited" without an exit');
      if (readiness.kind !== 'ready')
        demand(readiness.reason !== '', `said "${readiness.kind}" without a reason`);
      return readiness;
    },
    async signal(name) {
      const exitedBefore = instance.exit() !== undefined;
      const signalled = await instance.signal(name);
      demand(!(exitedBefore && signalled.sent), `sent ${name} to pid ${instance.pid} after its exit`);
      return signalled;
    },
    async exited(deadline, signal) {
      const ended: Ended = await instance.exited(deadline, signal);
      demand(
        (ended.kind === 'exited') === (instance.exit() !== undefined),
        `said "${ended.kind}" against its exit`,
      );
      return ended;
    },
    logs(cursor) {
      const slice = instance.logs(cursor);
      demand(slice.cursor >= cursor, 'the log cursor went back');
      return slice;
    },
  };
}

const canPreload = ({ kind }: Supervisor, options?: StartOptions): boolean =>
  options?.preload === undefined || kind === 'process';
