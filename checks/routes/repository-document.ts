/**
 * The OpenAPI document that lies in a repository: found by its usual names and places, read with the places of its routes.
 * Handed to the source rules by the gate. A document that is generated when the service runs is the routes stage's.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { isMap, isPair, isScalar, LineCounter, parseDocument } from 'yaml';
import type { GivenRoute } from '../source/given.ts';
import { basePath, isObject, METHODS } from './openapi.ts';

export interface RepositoryDocument {
  /** Relative to the project root, with `/`. */
  source: string;
  /** Path of its first server, without a slash at the end. */
  base: string;
  routes: GivenRoute[];
}

const FOLDERS = ['', 'docs', 'doc', 'api', 'spec', 'specs', 'openapi', 'swagger', 'src', 'public', 'static'];
const NAMES = ['openapi', 'swagger', 'api-spec', 'openapi.v1', 'openapi-v1'];
const ENDINGS = ['yaml', 'yml', 'json'];
const LARGEST_BYTES = 5_000_000;

/** The first document that is one; nothing where there is none, or none that can be read. */
export function findRepositoryDocument(projectRoot: string): RepositoryDocument | undefined {
  for (const folder of FOLDERS)
    for (const name of NAMES)
      for (const ending of ENDINGS) {
        const file = path.join(projectRoot, folder, `${name}.${ending}`);
        if (!existsSync(file) || statSync(file).size > LARGEST_BYTES) continue;
        const source = path.relative(projectRoot, file).split(path.sep).join('/');
        const found = readRepositoryDocument(source, readFileSync(file, 'utf8'));
        if (found) return found;
      }
  return undefined;
}

/** JSON is YAML: one parser gives the places of both. */
export function readRepositoryDocument(source: string, text: string): RepositoryDocument | undefined {
  const lines = new LineCounter();
  const parsed = parseDocument(text, { lineCounter: lines, logLevel: 'silent' });
  if (parsed.errors.length > 0) return undefined;
  const plain: unknown = parsed.toJS();
  if (!isObject(plain) || (plain['openapi'] === undefined && plain['swagger'] === undefined))
    return undefined;
  const paths = parsed.get('paths');
  if (!isMap(paths)) return undefined;
  const routes = paths.items.flatMap((item): GivenRoute[] => {
    const { key, value } = item;
    if (!isScalar(key) || typeof key.value !== 'string' || !isMap(value)) return [];
    const template = key.value;
    return value.items.flatMap((operation): GivenRoute[] => {
      if (!isPair(operation) || !isScalar(operation.key)) return [];
      const method = String(operation.key.value);
      if (!METHODS.some((each) => each === method)) return [];
      const { line, col } = lines.linePos(operation.key.range?.[0] ?? 0);
      return [
        { method: method.toUpperCase(), path: template, location: { file: source, line, column: col } },
      ];
    });
  });
  const old = typeof plain['basePath'] === 'string' ? plain['basePath'] : '';
  return routes.length > 0 ? { source, base: basePath(plain) || old.replace(/\/$/, ''), routes } : undefined;
}
