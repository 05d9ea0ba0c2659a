/** Whether a middleware's path covers that of a route. Used by the route table. */
import { UNSEEN } from './held.ts';

const REST = /^(?:\*|\(\.\*\)|:\w+\*|:\w+\(\.\*\)|\{?\/?\*\w*\}?)$/;

/** `exact`: without a wildcard the whole path must match, else a prefix of whole segments is enough. */
export function coversPath(pattern: string, exact: boolean, path: string): boolean {
  if (pattern === '*' || pattern === '/' || pattern === '') return !exact || pattern !== '/' || path === '/';
  const parts = segments(pattern);
  const own = segments(path);
  for (const [position, part] of parts.entries()) {
    if (REST.test(part)) return true;
    const other = own[position];
    if (part.endsWith('*')) return other?.startsWith(part.slice(0, -1)) ?? false;
    if (other === undefined) return false;
    if (!segmentFits(part, other)) return false;
  }
  return !exact || parts.length === own.length;
}

const segments = (path: string): string[] => path.split('/').filter((each) => each !== '');

function segmentFits(part: string, other: string): boolean {
  if (part.includes(UNSEEN) || other.includes(UNSEEN)) return true;
  return part.startsWith(':') || part.toLowerCase() === other.toLowerCase();
}
