/**
 * Whether a service that was ready before is ready still, or again. What it logged at its start says nothing of now: where
 * readiness is told by the log, a request of the load is asked in its place. Used by `trial.ts`, scenarios and explorations.
 */
import type { RequestTemplate, ServiceConfig } from '../../harness/config.ts';
import { poll, type Deadline } from '../../harness/deadline.ts';
import { createReadinessProbe } from '../../harness/supervisors/readiness.ts';
import type { Instance } from '../../harness/supervisors/supervisor.ts';

export type ReadyAgain = { ready: true } | { ready: false; reason: string } | { notAsked: string };

const NO_ROUTE = 'readiness is told by the log, and no plain GET of the load could be asked in its place';

/** Asks until it says that it is ready, it has ended, or the deadline is over; once at least. */
export async function askAgain(
  { service, requests }: { service: ServiceConfig; requests: readonly RequestTemplate[] },
  instance: Instance,
  deadline: Deadline,
  signal?: AbortSignal,
): Promise<ReadyAgain> {
  const asked = withRoute(service, requests);
  if (asked === undefined || instance.port === undefined) return { notAsked: NO_ROUTE };
  const { host, port, logStart } = instance;
  const probe = createReadinessProbe(asked, {
    host,
    port,
    logStart,
    logs: (cursor) => instance.logs(cursor),
  });
  const look = async (): Promise<ReadyAgain | undefined> => {
    if (instance.exit() !== undefined) return { ready: false, reason: 'it has ended' };
    return (await probe.ask()) === undefined ? undefined : { ready: true };
  };
  try {
    const waited = await poll(look, deadline, undefined, signal);
    return waited.met ? waited.value : { ready: false, reason: waited.reason };
  } finally {
    probe.close();
  }
}

/** The service with a route that can be asked again and again; undefined: it has none. */
function withRoute(service: ServiceConfig, requests: readonly RequestTemplate[]): ServiceConfig | undefined {
  if ('http' in service.readiness) return service;
  const plain = requests.find(({ method, as }) => method === 'GET' && as === undefined);
  if (plain === undefined) return undefined;
  return { ...service, readiness: { http: plain.path, status: plain.expect[0] ?? 200 } };
}
