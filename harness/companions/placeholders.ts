/**
 * Placeholders that name companions: `{exchanges.luno}` in the service's configuration, `{port:luno}` and `{seed}` in a
 * companion's own. Pure; used by the validation of the configuration, by the gate and by `companion.ts`.
 */
import type { Config } from '../config.ts';

/** By companion and port: `127.0.0.1:21000`. */
export type CompanionAddresses = Record<string, Record<string, string>>;

/** `${a.b}` is a template of somebody else's. */
const ADDRESS = /(?<!\$)\{([A-Za-z][\w-]*)\.([A-Za-z][\w-]*)\}/g;
const OWN = /\{(?:port:([^}]*)|(seed))\}/g;
/** `GET /files/{file.name}` names a route: nothing is filled in there. */
const ROUTE_NAME = /^(\*|[A-Z]+) \//;

/** A text somewhere in the configuration, with where it stands. */
export interface PlacedText {
  path: (string | number)[];
  text: string;
}

/** The texts of the configuration in which addresses of companions are filled in. */
export function addressableTexts(config: Addressable): PlacedText[] {
  const { service, routes } = config;
  return [
    ...textsOf(service?.command, ['service', 'command']),
    ...textsOf(service?.env, ['service', 'env']),
    ...textsOf(routes, ['routes']).filter(({ text }) => !ROUTE_NAME.test(text)),
  ];
}

type Addressable = Pick<Config, 'service' | 'routes'>;

/** Every address that a text asks for. */
export function addressesIn(text: string): { written: string; companion: string; port: string }[] {
  return [...text.matchAll(ADDRESS)].map(([written, companion = '', port = '']) => ({
    written,
    companion,
    port,
  }));
}

/** The names of ports that a companion's text asks for by `{port:NAME}`. */
export function ownPortsIn(text: string): string[] {
  return [...text.matchAll(OWN)].flatMap(([, port]) => (port === undefined ? [] : [port]));
}

/** The configuration with the addresses of running companions in it. What is no companion's is left as it is. */
export function fillAddresses<C extends Addressable>(config: C, addresses: CompanionAddresses): C {
  const fill = (text: string): string =>
    text.replace(ADDRESS, (written, companion: string, port: string) => {
      return addresses[companion]?.[port] ?? written;
    });
  const { service, routes } = config;
  return {
    ...config,
    ...(service === undefined
      ? {}
      : {
          service: {
            ...service,
            command: mapTexts(service.command, fill),
            env: mapTexts(service.env, fill),
          },
        }),
    ...(routes === undefined
      ? {}
      : { routes: mapTexts(routes, (text) => (ROUTE_NAME.test(text) ? text : fill(text))) }),
  };
}

/** A companion's own placeholders. */
export function fillOwn(text: string, ports: Record<string, number>, seed: number): string {
  return text.replace(OWN, (written, port: string | undefined) =>
    port === undefined ? String(seed) : String(ports[port] ?? written),
  );
}

/** A copy of a JSON value with every text in it replaced; the names of properties stay. */
export function mapTexts<T>(value: T, change: (text: string) => string): T {
  const map = (item: unknown): unknown => {
    if (typeof item === 'string') return change(item);
    if (Array.isArray(item)) return item.map(map);
    if (typeof item !== 'object' || item === null) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, map(inner)]));
  };
  return map(value) as T;
}

function textsOf(value: unknown, path: (string | number)[]): PlacedText[] {
  if (typeof value === 'string') return [{ path, text: value }];
  if (Array.isArray(value)) return value.flatMap((item, index) => textsOf(item, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => textsOf(item, [...path, key]));
}
