/** What the systemd supervisor asks of the systemd of a target, beside what it knows of the unit itself. */
import { basename } from 'node:path';
import type { ServiceConfig, TargetConfig } from '../config.ts';
import { UsageError } from '../errors.ts';
import type { Transport } from '../transport/transport.ts';
import { SYSTEMCTL_WITHIN_MS, readUnit } from './systemd-unit.ts';
import type { UnitState } from './systemd-unit.ts';

/** What is left of a unit after it was told to stop is killed this long after it should have ended. */
export const STOP_MARGIN_MS = 5_000;

export interface UnitRequest {
  /** Runs commands where the unit is, as a user that may drive it. */
  transport: Transport;
  target: TargetConfig;
  service: ServiceConfig;
}

/** The unit as it is. @throws UsageError when it cannot be driven, or is not what the configuration says. */
export async function demandUnit({ transport, target }: UnitRequest): Promise<UnitState> {
  const state = await readUnit(transport, target.unit);
  if (!state.readable)
    throw new UsageError(`target: ${state.reason}; expected systemd on ${transport.where}`);
  const { loadState, logNamespace, triggeredBy } = state.value;
  if (loadState !== 'loaded')
    throw new UsageError(
      `target.unit: ${target.unit} is ${loadState} on ${transport.where}; expected a unit that can be started`,
    );
  if (logNamespace !== '')
    throw new UsageError(
      `target.unit: ${target.unit} logs to the journal namespace ${logNamespace}, which is not read`,
    );
  const socket = triggeredBy.find((name) => name.endsWith('.socket'));
  if ((socket !== undefined) === target.keptListener) return state.value;
  throw new UsageError(
    socket === undefined
      ? `target.keptListener: no socket unit starts ${target.unit} on ${transport.where}: nobody keeps the listener`
      : `target.keptListener: ${socket} keeps the listener of ${target.unit}; expected keptListener: true`,
  );
}

/** Stops it as a deploy does; what does not stop in its time is killed, as a spawned service would be. */
export async function stopUnit(request: UnitRequest): Promise<void> {
  const { transport, target, service } = request;
  const timeoutMs = service.exitWithinMs + STOP_MARGIN_MS;
  const stopped = await transport.run(['systemctl', 'stop', target.unit], { timeoutMs });
  if (stopped.ran && stopped.code === 0) return;
  await systemctl(request, 'kill', '--signal=SIGKILL', target.unit);
  await systemctl(request, 'stop', target.unit);
}

/** Runs systemctl there. @throws Error with what it said. */
export async function systemctl({ transport }: UnitRequest, ...words: string[]): Promise<void> {
  const result = await transport.run(['systemctl', ...words], { timeoutMs: SYSTEMCTL_WITHIN_MS * 3 });
  const why = result.ran ? (result.code === 0 ? undefined : result.stderr.trim()) : result.reason;
  if (why !== undefined) throw new Error(`systemctl ${words.join(' ')} on ${transport.where}: ${why}`);
}

/** The version of the Node that runs as this process; `none found` when it is something else. */
export async function nodeOf(transport: Transport, pid: number): Promise<string> {
  const link = await transport.run(['readlink', `/proc/${pid}/exe`], { timeoutMs: SYSTEMCTL_WITHIN_MS });
  const path = link.ran && link.code === 0 ? link.stdout.trim() : '';
  if (!/^node(js)?$/.test(basename(path))) return 'none found';
  const version = await transport.run([path, '--version'], { timeoutMs: SYSTEMCTL_WITHIN_MS });
  return version.ran && version.code === 0 ? version.stdout.trim() : 'none found';
}
