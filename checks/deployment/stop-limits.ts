/**
 * How long the service has from the stop signal to the kill: said by systemd units, compose files, manifests and PM2.
 * Handed to the source rules by the gate. Pure.
 */
import type { GivenUnit } from '../source/given.ts';
import { composeStops } from './containers/compose.ts';
import { kubernetesStops } from './containers/kubernetes.ts';
import { pm2Stops } from './containers/pm2.ts';
import type { DeploymentFile } from './files/find-files.ts';
import { runBy } from './model/run-by.ts';
import { parseCommandLine } from './units/command-line.ts';
import { parseTimeout } from './units/time-span.ts';
import { isLongRunning, readUnits, type Unit } from './units/unit.ts';

const DEFAULT_STOP_MS = 90_000;

/** @param names what the service is called (in its package, in the configuration). */
export function stopLimits(files: readonly DeploymentFile[], names: readonly string[]): GivenUnit[] {
  const ofKind = (kind: DeploymentFile['kind']): DeploymentFile[] =>
    files.filter((each) => each.kind === kind);
  return [
    ...readUnits(files).filter(runsService).flatMap(unitStop),
    ...ofKind('compose').flatMap((each) => composeStops(each, files)),
    ...kubernetesStops(ofKind('kubernetes'), names),
    ...ofKind('pm2').flatMap(pm2Stops),
  ];
}

/** A unit of a service that stays and is run by node, by something that starts it, or by a program of its own. */
export function runsService(unit: Unit): boolean {
  const start = unit.get('Service', 'ExecStart');
  if (start === undefined || !isLongRunning(unit)) return false;
  const { by, program } = runBy(parseCommandLine(start.value).argv);
  // A container's stop is its runtime's; what the system brings along is no service of this repository.
  return by !== 'other' || (!/^\/(usr\/)?s?bin\//.test(program) && program.startsWith('/'));
}

function unitStop(unit: Unit): GivenUnit[] {
  const written = unit.get('Service', 'TimeoutStopSec', 'TimeoutSec');
  if (written === undefined) {
    const location = unit.at('Service');
    return [{ location, words: 'the default TimeoutStopSec (90 s)', stopWithinMs: DEFAULT_STOP_MS }];
  }
  const stopWithinMs = parseTimeout(written.value);
  if (stopWithinMs === undefined) return [];
  return [{ location: written.location, words: `${written.key}=${written.value}`, stopWithinMs }];
}
