/** Places in SARIF: files relative to the repository, regions with the source that stands there. Pure; used by `sarif.ts`. */
import { posix } from 'node:path';
import type { Location } from '../verdict.ts';
import { cleanText, oneLine } from './clean-text.ts';
import type { SarifLocation, SarifRegion } from './sarif-types.ts';

export interface PlaceOptions {
  /** Folder of the project inside its repository, with a slash at the end: `packages/api/`; empty at its root. */
  prefix: string;
  /** The file that stands for the project as a whole: readers show nothing that has no place. */
  projectFile?: string;
  /** Text of a source file by the path that a location gives. */
  sourceOf(file: string): string | undefined;
}

export interface Places {
  at(location: Location): SarifLocation;
  whole(): SarifLocation | undefined;
}

/** A longer line is generated, and no snippet for a reader. */
const LONGEST_LINE = 1_000;

export function createPlaces({ prefix, projectFile, sourceOf }: PlaceOptions): Places {
  const known = new Map<string, string[]>();
  const linesOf = (file: string): string[] => {
    const lines = known.get(file) ?? sourceOf(file)?.split(/\r\n|\r|\n/) ?? [];
    known.set(file, lines);
    return lines;
  };
  const artifact = (file: string) => {
    const path = posix.normalize(`${prefix}${oneLine(file)}`);
    const uri = path.split('/').map(encodeURIComponent).join('/');
    return { uri, ...(path.startsWith('../') || path.startsWith('/') ? {} : { uriBaseId: 'SRCROOT' }) };
  };
  return {
    at: ({ file, line, column }) => {
      const lines = linesOf(file);
      const region = { startLine: Math.max(1, line), startColumn: Math.max(1, column) };
      return {
        physicalLocation: {
          artifactLocation: artifact(file),
          region: { ...region, ...snippet((lines[line - 1] ?? '').slice(column - 1)) },
          ...around(lines, line),
        },
      };
    },
    whole: () =>
      projectFile === undefined
        ? undefined
        : { physicalLocation: { artifactLocation: artifact(projectFile), region: { startLine: 1 } } },
  };
}

const snippet = (text: string): { snippet?: { text: string } } =>
  text === '' || text.length > LONGEST_LINE ? {} : { snippet: { text: cleanText(text) } };

/** The line before and the line after, as far as there are any. */
function around(lines: readonly string[], line: number): { contextRegion?: SarifRegion } {
  if (line < 1 || line > lines.length) return {};
  const startLine = Math.max(1, line - 1);
  const endLine = Math.min(lines.length, line + 1);
  const shown = lines.slice(startLine - 1, endLine);
  if (startLine === endLine || shown.some((each) => each.length > LONGEST_LINE)) return {};
  return { contextRegion: { startLine, endLine, ...snippet(shown.join('\n')) } };
}
