/** Names and places for what rules examine in units. Pure. */
import type { Location } from '../../../harness/verdict.ts';
import type { Subject } from '../../source/rule.ts';
import { type RunBy, runBy } from '../model/run-by.ts';
import { parseCommandLine } from './command-line.ts';
import type { Unit } from './unit.ts';

/** `deploy/shop.service: Restart`. Without a place of its own it is the section that it would stand in. */
export function unitSubject(unit: Unit, what: string, location?: Location, section = 'Service'): Subject {
  return { subject: `${unit.key}: ${what}`, location: location ?? unit.at(section) };
}

/** Who runs the program of a unit. */
export function unitRunBy(unit: Unit): RunBy {
  return runBy(parseCommandLine(unit.get('Service', 'ExecStart')?.value ?? '').argv);
}

/** A unit of a user's own manager runs as that user, and after what that manager knows. */
export function isUserUnit(unit: Unit): boolean {
  return (
    /(^|\/)systemd\/user\//.test(unit.file.path) ||
    unit.all('Install', 'WantedBy').some(({ value }) => value.split(/\s+/).includes('default.target'))
  );
}
