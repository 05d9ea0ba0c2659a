/** The step of a life in which whoever sends the load logs in. */
import { identityHeaders } from '../../harness/identities.ts';
import { originOf } from '../../harness/supervisors/readiness.ts';
import { demandAlive } from './one-life.ts';
import type { Life } from './one-life.ts';
import { ScenarioAborted } from './scenario.ts';
import type { ScenarioContext } from './scenario.ts';

/** Logs in whoever sends the load, in every life anew: a token may not outlive the process that gave it. */
export async function identify(context: ScenarioContext, life: Life): Promise<void> {
  const { load, identities, conceal } = context;
  if (!load || life.instance.port === undefined) return;
  const origin = originOf(life.instance.host, life.instance.port);
  const names = new Set([...load.requests, ...load.streams].flatMap(({ as }) => as ?? []));
  const known = new Map<string, Record<string, string>>();
  for (const name of names) {
    const obtained = await identityHeaders(identities[name], { origin, timeoutMs: load.timeoutMs, conceal });
    if (!obtained.known) {
      demandAlive(context, life, `while ${name} logged in`);
      throw new ScenarioAborted(
        `there is no ${name} to send the load in cycle ${life.cycle}: ${obtained.reason}`,
      );
    }
    known.set(name, obtained.headers);
  }
  const withHeaders = <T extends { as?: string | undefined; headers: Record<string, string> }>(
    template: T,
  ): T =>
    template.as === undefined
      ? template
      : { ...template, headers: { ...known.get(template.as), ...template.headers } };
  life.load = { ...load, requests: load.requests.map(withHeaders), streams: load.streams.map(withHeaders) };
}
