/**
 * The supervisor that the configuration asks for, with the way to where the service runs. Called by the soak stage, the
 * route checks and the preflight of a target.
 */
import { resolve } from 'node:path';
import type { ServiceConfig, TargetConfig } from '../config.ts';
import { UsageError } from '../errors.ts';
import type { StageContext } from '../stage.ts';
import { localTransport } from '../transport/local.ts';
import { sshTransport } from '../transport/ssh.ts';
import type { Transport } from '../transport/transport.ts';
import { createProcessSupervisor } from './process.ts';
import type { SupervisorContext } from './process.ts';
import type { Supervisor } from './supervisor.ts';
import { createSystemdSupervisor } from './systemd.ts';

type OpenContext = SupervisorContext & { config: Pick<StageContext['config'], 'secrets' | 'target'> };

/** A supervisor for the service; `dispose` also gives back the way to it. @throws UsageError when there is no way. */
export async function openSupervisor(
  context: OpenContext,
  service: ServiceConfig,
  logFile?: string,
): Promise<Supervisor> {
  if (service.supervisor === 'process') return createProcessSupervisor(context, service, logFile);
  const { target } = context.config;
  if (target === undefined)
    throw new UsageError(
      'service.supervisor: \'systemd\' needs "target": say which unit, and where it answers',
    );
  const way = await openTarget(target, context.projectRoot);
  const supervisor = createSystemdSupervisor(context, { transport: way.transport, target, service }, logFile);
  return {
    ...supervisor,
    dispose: async () => {
      try {
        await supervisor.dispose();
      } finally {
        await way.close();
      }
    },
  };
}

/** The way to the target, as whom it is to be driven. @throws UsageError when there is none. */
export async function openTarget(
  target: TargetConfig,
  projectRoot: string,
): Promise<{ transport: Transport; close(): Promise<void> }> {
  if (target.host === 'local')
    return { transport: as(target.become, localTransport), close: () => Promise.resolve() };
  const file = (path: string | undefined) => (path === undefined ? undefined : resolve(projectRoot, path));
  const ssh = await sshTransport({
    host: target.host,
    identityFile: file(target.identityFile),
    knownHostsFile: file(target.knownHostsFile),
  });
  return { transport: as(target.become, ssh), close: () => ssh.dispose() };
}

/** The same transport with words before every command. */
function as(become: readonly string[], { where, run, stream }: Transport): Transport {
  return {
    where,
    run: (command, options) => run([...become, ...command], options),
    stream: (command, options) => stream([...become, ...command], options),
  };
}
