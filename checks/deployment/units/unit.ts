/**
 * A unit as systemd would read it: the file with its drop-ins merged in order, lists that an empty assignment resets,
 * time spans, booleans. Pure.
 */
import type { Location } from '../../../harness/verdict.ts';
import type { DeploymentFile } from '../files/find-files.ts';
import { parseUnit, type UnitEntry, type UnitSyntax } from './parse-unit.ts';

export interface UnitValue {
  value: string;
  location: Location;
}

export interface Unit {
  /** `app.service`, `app@.service`. */
  name: string;
  file: DeploymentFile;
  /** What it is called where several may stand in one file: `deploy/shop.service`, `install.sh shop.service`. */
  key: string;
  /** The unit's own file first, then its drop-ins in the order in which systemd reads them. */
  parts: { file: DeploymentFile; syntax: UnitSyntax }[];
  /** The assignment that counts: the last one (of several keys that set the same), unless it is empty. */
  get(section: string, ...keys: string[]): (UnitValue & { key: string }) | undefined;
  /** All assignments that count, after the last empty one. */
  all(section: string, key: string): UnitValue[];
  /** Where a section begins in the unit's own file; its first line without one. */
  at(section: string): Location;
}

/** The units among the files, each with its drop-ins; a drop-in without its unit stands for nothing. */
export function readUnits(files: readonly DeploymentFile[]): Unit[] {
  const dropIns = files.filter(({ kind }) => kind === 'drop-in');
  return files
    .filter(({ kind }) => kind === 'unit')
    .map((file) => {
      const name = baseName(file.path);
      const mine = dropIns
        .filter((each) => folderOf(each.path).endsWith(`${name}.d`))
        .sort((a, b) => (baseName(a.path) < baseName(b.path) ? -1 : 1));
      return createUnit(
        name,
        [file, ...mine].map((each) => ({ file: each, syntax: parseUnit(each.text) })),
      );
    });
}

const baseName = (name: string): string => name.slice(name.lastIndexOf('/') + 1);
const folderOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('/')));

/** A unit that a script holds in a here-document, at its place in that file. */
export function embeddedUnit(name: string, file: DeploymentFile, text: string, line: number): Unit {
  // Lines before it, so that a place in the unit is the place in the script.
  const placed = { ...file, kind: 'unit' as const, text: '\n'.repeat(line - 1) + text };
  const unit = createUnit(name, [{ file: placed, syntax: parseUnit(placed.text) }]);
  return { ...unit, key: `${file.path} ${name}` };
}

function createUnit(name: string, parts: Unit['parts']): Unit {
  const [own] = parts;
  if (own === undefined) throw new Error(`the unit ${name} has no file`);
  const assigned = (section: string, keys: readonly string[]): (UnitValue & { key: string })[] => {
    let values: (UnitValue & { key: string })[] = [];
    for (const { file, syntax } of parts)
      for (const entry of syntax.entries) {
        const { key, value } = entry;
        if (entry.section !== section || !keys.includes(key)) continue;
        values = value === '' ? [] : [...values, { key, value, location: placeOf(file, entry) }];
      }
    return values;
  };
  return {
    name,
    file: own.file,
    key: own.file.path,
    parts,
    all: (section, key) => assigned(section, [key]),
    get: (section, ...keys) => assigned(section, keys).at(-1),
    at: (section) => ({
      file: own.file.path,
      line: (own.syntax.sections.find((each) => each.name === section) ?? own.syntax.sections[0])?.line ?? 1,
      column: 1,
    }),
  };
}

const placeOf = (file: DeploymentFile, { line, column }: UnitEntry): Location => ({
  file: file.path,
  line,
  column,
});

/** systemd's words for yes; everything else that it knows is no. */
export function isYes(value: string | undefined): boolean {
  return value !== undefined && /^(1|y|yes|t|true|on)$/i.test(value);
}

export const typeOf = (unit: Unit): string => unit.get('Service', 'Type')?.value ?? 'simple';

/** A unit whose process stays: its start, its stop and its restarts matter. */
export function isLongRunning(unit: Unit): boolean {
  return (
    unit.name.endsWith('.service') &&
    typeOf(unit) !== 'oneshot' &&
    unit.all('Service', 'ExecStart').length > 0
  );
}
