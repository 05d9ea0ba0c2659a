/**
 * Where a frame of the service stands in its source: relative to the project, through the source map of a built file. Type
 * stripping keeps every line and column, so that a frame of a TypeScript file stands for itself. Used by `name-open.ts`.
 */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SourcePlace } from '../../harness/observations/inside.ts';
import type { RawFrame } from './probe-lines.ts';

export interface Placed extends SourcePlace {
  /** `project`, a package of node_modules, or Node itself. */
  room: { in: 'project' } | { in: 'package'; name: string } | { in: 'node' };
}

/** Maps frames of one project; source maps are read once. */
export function createPlacer(projectRoot: string): (frame: RawFrame, origin?: RawFrame | null) => Placed {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (file: string): SourceMap | undefined => {
    if (!maps.has(file)) maps.set(file, readMap(file));
    return maps.get(file);
  };
  return (frame, origin) => {
    const [name, where, line, column] = origin ?? frame;
    if (/^node:|^internal\/|^$|^evalmachine/.test(where))
      return { file: where, line, column, function: name, room: { in: 'node' } };
    const path = pathOf(where);
    const mapped = origin ? undefined : through(mapOf(path), path, line, column);
    const place = mapped ?? { path, line, column };
    return {
      file: inProject(projectRoot, place.path),
      line: place.line,
      column: place.column,
      function: name,
      room: roomOf(place.path),
    };
  };
}

function roomOf(path: string): Placed['room'] {
  const name = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(path)?.[1];
  return name === undefined ? { in: 'project' } : { in: 'package', name: name.replace('\\', '/') };
}

function inProject(projectRoot: string, path: string): string {
  const inside = relative(projectRoot, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside.split(sep).join('/');
}

function pathOf(where: string): string {
  return where.startsWith('file:') ? fileURLToPath(where) : where;
}

function through(
  map: SourceMap | undefined,
  path: string,
  line: number,
  column: number,
): { path: string; line: number; column: number } | undefined {
  if (map === undefined) return undefined;
  const origin = map.findOrigin(line, column);
  if (!('fileName' in origin) || origin.fileName === '') return undefined;
  const file = pathOf(origin.fileName);
  return { path: resolve(dirname(path), file), line: origin.lineNumber, column: origin.columnNumber };
}

function readMap(file: string): SourceMap | undefined {
  if (!/\.[cm]?js$/.test(file) || /[\\/]node_modules[\\/]/.test(file)) return undefined;
  try {
    const text = readFileSync(file, 'utf8');
    const url = [...text.matchAll(/^\/\/[#@]\s*sourceMappingURL=(\S+)\s*$/gm)].at(-1)?.[1];
    if (url === undefined) return undefined;
    const inline = /^data:application\/json[^,]*?(;base64)?,(.*)$/.exec(url);
    const json =
      inline === null
        ? readFileSync(resolve(dirname(file), decodeURIComponent(url)), 'utf8')
        : Buffer.from(inline[2] ?? '', inline[1] === undefined ? 'utf8' : 'base64').toString('utf8');
    return new SourceMap(JSON.parse(json) as ConstructorParameters<typeof SourceMap>[0]);
  } catch {
    return undefined; // without its map, the built line is the best that is known
  }
}
