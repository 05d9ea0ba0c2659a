/**
 * The places where nginx hands requests to an upstream, each with the directives that hold there: its own, else those of
 * the block around it, includes of the repository followed. Pure.
 */
import path from 'node:path';
import type { Location } from '../../../harness/verdict.ts';
import type { DeploymentFile } from '../files/find-files.ts';
import { type Directive, type NginxSyntax, parseNginx } from './parse-nginx.ts';

export interface Placed extends Directive {
  file: string;
}

export interface Proxied {
  /** `location /api/`, in words that do not change when lines move. */
  name: string;
  /** Words of the location; `/` without one. */
  match: string[];
  pass: Placed;
  location: Location;
  /** The directive that holds here; nginx takes the innermost. */
  get(name: string): Placed | undefined;
  /** All of a directive that repeats (`proxy_set_header`): those of the innermost block that has any. */
  all(name: string): Placed[];
  /** How many blocks stand around it. */
  depth: number;
  /** The block of the upstream that it passes to, when there is one of that name. */
  upstream: Placed | undefined;
}

export interface NginxFile {
  file: DeploymentFile;
  syntax: NginxSyntax;
}

const MOST_DEPTH = 20;

export function readProxied(files: readonly NginxFile[]): Proxied[] {
  const known = new Map(files.map((each) => [each.file.path, each]));
  const blockOf = (directives: readonly Directive[], file: string, depth: number): Placed[] =>
    directives.flatMap((each) => {
      if (each.name !== 'include' || depth > MOST_DEPTH) return [{ ...each, file }];
      return includedBy(each, file, known).flatMap((target) =>
        blockOf(target.syntax.directives, target.file.path, depth + 1),
      );
    });
  const roots = files.map((each) => ({ each, placed: blockOf(each.syntax.directives, each.file.path, 0) }));
  // By name, and those that a `map` chooses among by the variable's.
  const upstreams = new Map<string, Placed>();
  const maps = new Map<string, Placed>();
  const found: Proxied[] = [];
  const visit = (
    placed: readonly Placed[],
    scopes: readonly (readonly Placed[])[],
    names: string[][],
  ): void => {
    const inside = [placed, ...scopes];
    for (const each of placed) {
      if (each.name === 'upstream') upstreams.set(each.args[0] ?? '', each);
      if (each.name === 'map') maps.set(each.args[1] ?? '', each);
      if (each.name === 'proxy_pass')
        found.push(proxiedBy(each, inside, names, (host) => upstreamOf(host, upstreams, maps)));
      if (each.block === undefined) continue;
      const name = each.name === 'location' ? [...names, each.args] : names;
      visit(blockOf(each.block, each.file, 0), inside, name);
    }
  };
  // What another file includes is seen there, too: with what holds around it.
  for (const { placed } of roots) visit(placed, [], []);
  return found.filter((each) => {
    const same = found.filter((other) => samePlace(other.location, each.location));
    return same.toSorted((a, b) => b.depth - a.depth)[0] === each;
  });
}

const samePlace = (a: Location, b: Location): boolean => a.file === b.file && a.line === b.line;

function includedBy({ args }: Directive, file: string, known: ReadonlyMap<string, NginxFile>): NginxFile[] {
  const pattern = args[0] ?? '';
  const tail = pattern.replace(/^\/etc\/nginx\//, '');
  const wanted = [path.posix.join(path.posix.dirname(file), tail), path.posix.normalize(tail)];
  return [...known.values()].filter(
    (each) => each.file.path !== file && wanted.some((one) => path.posix.matchesGlob(each.file.path, one)),
  );
}

function proxiedBy(
  pass: Placed,
  scopes: readonly (readonly Placed[])[],
  names: readonly string[][],
  upstreamCalled: (host: string) => Placed | undefined,
): Proxied {
  const all = (name: string): Placed[] =>
    scopes.map((scope) => scope.filter((each) => each.name === name)).find((each) => each.length > 0) ?? [];
  const match = names.at(-1) ?? ['/'];
  const host = /^\w+:\/\/([^/:]+)/.exec(pass.args[0] ?? '')?.[1] ?? '';
  return {
    name: `${pass.file} location ${match.join(' ')}`,
    match,
    pass,
    location: { file: pass.file, line: pass.line, column: pass.column },
    get: (name) => all(name).at(-1),
    all,
    depth: scopes.length,
    get upstream() {
      return upstreamCalled(host);
    },
  };
}

/** Where a `map` chooses, the one whose connections are kept: it is what a kept connection is asked about. */
function upstreamOf(
  host: string,
  upstreams: ReadonlyMap<string, Placed>,
  maps: ReadonlyMap<string, Placed>,
): Placed | undefined {
  if (!host.startsWith('$')) return upstreams.get(host);
  const choices = (maps.get(host)?.block ?? []).flatMap(({ args }) => upstreams.get(args[0] ?? '') ?? []);
  return choices.find(({ block }) => block?.some(({ name }) => name === 'keepalive')) ?? choices[0];
}

export const readNginx = (file: DeploymentFile): NginxFile => ({ file, syntax: parseNginx(file.text) });

/** nginx's times: `60s`, `1m`, `500ms`; a number counts seconds. */
export function nginxTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const units: Readonly<Record<string, number>> = {
    ms: 1,
    s: 1000,
    m: 60_000,
    h: 3_600_000,
    d: 86_400_000,
    '': 1000,
  };
  const part = /(\d+)(ms|[smhd]?)\s*/y;
  let sum = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    sum += Number(match[1]) * (units[match[2] ?? ''] ?? 0);
  }
  return sum;
}
