/** Puts a proxy between the service and each companion whose address stands in its configuration. */
import type { ServiceConfig } from '../../harness/config.ts';
import { ScenarioAborted } from '../scenarios/scenario.ts';
import { openProxy, type Proxy } from './proxy.ts';
import type { Trial } from './trial.ts';

export interface Proxied {
  other: Trial;
  proxies: Proxy[];
}

interface Way {
  /** Of the service that is started so. */
  name?: string;
  /** By which it knows the host of its companions. */
  host?: string;
  /** What else is changed of it. */
  also?: (service: ServiceConfig) => ServiceConfig;
}

/** The service with proxies in its way; the same ones in every case of the scenario. */
export async function throughProxies(
  trial: Trial,
  { name = 'through proxies', host = '127.0.0.1', also = (service) => service }: Way = {},
): Promise<Proxied> {
  const { context } = trial;
  if (context.proxies.length === 0) {
    for (const address of addressesOf(trial)) {
      const proxy = await openProxy(parse(address));
      context.proxies.push({ address, proxy });
      context.atLast(() => proxy.close());
    }
    if (context.proxies.length === 0)
      throw new ScenarioAborted('no address of a companion stands in service.env or service.command');
  }
  const other = trial.other(name, (service) =>
    context.proxies.reduce(
      (changed, { address, proxy }) => replaceAddress(changed, address, `${host}:${proxy.port}`),
      also(service),
    ),
  );
  return { other, proxies: context.proxies.map(({ proxy }) => proxy) };
}

/** Addresses of companions that the service is given. */
function addressesOf({ context, service }: Trial): string[] {
  const known = Object.values(context.companionAddresses).flatMap((ports) => Object.values(ports));
  const texts = [...service.command, ...Object.values(service.env)];
  return known.filter((address) => texts.some((text) => text.includes(address)));
}

function replaceAddress(service: ServiceConfig, address: string, by: string): ServiceConfig {
  const fill = (text: string): string => text.replaceAll(address, by);
  return {
    ...service,
    command: service.command.map(fill),
    env: Object.fromEntries(Object.entries(service.env).map(([name, text]) => [name, fill(text)])),
  };
}

function parse(address: string): { host: string; port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
}
