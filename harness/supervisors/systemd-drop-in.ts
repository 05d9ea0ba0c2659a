/**
 * What a unit has beside it while it is soaked: a drop-in, so that restarts are not refused and its lines not dropped,
 * and a target that refers to it, so that systemd does not forget how it ended. Both lie under /run; the drop-in tells
 * whose it is, so that the next run takes it over should this one be killed. Used by `systemd.ts`.
 */
import { hostname } from 'node:os';
import { UsageError } from '../errors.ts';
import type { ExitFact } from '../observation.ts';
import { identityOf, isAlive } from '../process-identity.ts';
import type { ProcessIdentity } from '../process-identity.ts';
import type { Transport } from '../transport/transport.ts';
import { SYSTEMCTL_WITHIN_MS, readUnit } from './systemd-unit.ts';

const FILE = '90-shakedown-soak.conf';
/** Holds a folder for each unit, in it a file for each life that has ended, named after its invocation. */
const EXITS = '/run/shakedown-soak';
/** Far more than a service writes in the interval. Not 0: that stands for "not set" here, and the default stays. */
export const LOG_BURST = 10_000_000;
/** A record of another host counts for this long: whether its run still goes on cannot be seen from here. */
const LEASE_MS = 3_600_000;

const INSTALL = `set -e
mkdir -p "$1" "${EXITS}/$3"
cat > "$1/$2.new"
mv "$1/$2.new" "$1/$2"
printf '%s\\n' '[Unit]' "Description=$3 is being soaked" DefaultDependencies=no "After=$3" > "/run/systemd/system/$4"
systemctl daemon-reload
systemctl start "$4"`;
const REMOVE = `set -e
systemctl stop "$4"
rm -f "$1/$2" "/run/systemd/system/$4"
rm -rf "${EXITS}/$3"
rmdir ${EXITS} 2>/dev/null || [ -d ${EXITS} ]
rmdir "$1" 2>/dev/null || [ -d "$1" ]
systemctl daemon-reload`;

/** What a drop-in that was found says of the run that wrote it. */
interface Owner {
  host: string;
  process: ProcessIdentity;
  writtenAtMs: number;
  wasActive: boolean;
}

export interface DropIn {
  /** Whether the unit ran before anybody soaked it. */
  readonly wasActive: boolean;
  /** Removes it. Safe twice. */
  remove(): Promise<void>;
}

/**
 * Puts the drop-in there, after taking away one that a killed run left. @throws UsageError while another run soaks the
 * unit, and when the drop-in cannot be written or does not take effect.
 */
export async function installDropIn(transport: Transport, unit: string, wasActive: boolean): Promise<DropIn> {
  const folder = `/run/systemd/system/${unit}.d`;
  const found = await readOwner(transport, `${folder}/${FILE}`);
  if (found !== undefined) demandGone(found, unit, transport);
  const owner: Owner = {
    host: hostname(),
    process: identityOf(process.pid) ?? { pid: process.pid },
    writtenAtMs: Date.now(),
    wasActive: found?.wasActive ?? wasActive,
  };
  const words = [folder, FILE, unit, unit.replace(/\.service$/, '-shakedown-soak.target')];
  const remove = (): Promise<void> => demandDone(transport, ['sh', '-c', REMOVE, 'sh', ...words]);
  try {
    await demandDone(transport, ['sh', '-c', INSTALL, 'sh', ...words], dropInText(owner));
    await demandEffect(transport, unit, `${folder}/${FILE}`);
  } catch (error) {
    // Half of it may be there; why it failed is the reason to tell.
    await remove().catch(() => undefined);
    throw error;
  }
  let isThere = true;
  return {
    wasActive: owner.wasActive,
    remove: async () => {
      if (!isThere) return;
      await remove();
      isThere = false;
    },
  };
}

async function demandEffect(transport: Transport, unit: string, path: string): Promise<void> {
  const state = await readUnit(transport, unit);
  if (!state.readable) throw new Error(state.reason);
  const { startLimitInterval, logRateLimitBurst } = state.value;
  if (startLimitInterval === '0' && logRateLimitBurst === String(LOG_BURST)) return;
  const seen = `StartLimitIntervalUSec=${startLimitInterval}, LogRateLimitBurst=${logRateLimitBurst}`;
  throw new UsageError(`the drop-in ${path} does not take effect on ${transport.where}: ${seen}`);
}

/** How a life ended that the next one has overtaken; undefined when that is not on record. */
export async function recordedExit(
  transport: Transport,
  unit: string,
  invocationId: string,
): Promise<ExitFact | undefined> {
  const path = `${EXITS}/${unit}/${invocationId}`;
  const result = await transport.run(['cat', path], {
    timeoutMs: SYSTEMCTL_WITHIN_MS,
  });
  const [, how, status = ''] = /^(exited|killed|dumped) (\w+)$/m.exec(result.ran ? result.stdout : '') ?? [];
  if (how === undefined) return undefined;
  return how === 'exited' ? { code: Number(status), signal: null } : { code: null, signal: `SIG${status}` };
}

function dropInText(owner: Owner): string {
  return `# Written by shakedown for the time of a soak; a run that was killed left it behind when no run goes on. It may be
# removed at any time: rm this file && systemctl daemon-reload
# owner ${JSON.stringify(owner)}
[Unit]
StartLimitIntervalSec=0
[Service]
LogRateLimitIntervalSec=1s
LogRateLimitBurst=${LOG_BURST}
# How a life ended, for when the next one has begun before it could be asked.
ExecStopPost=+/bin/sh -c 'echo "$$EXIT_CODE $$EXIT_STATUS" > "${EXITS}/%n/$$INVOCATION_ID"'
`;
}

async function readOwner(transport: Transport, path: string): Promise<Owner | undefined> {
  const result = await transport.run(['cat', path], { timeoutMs: SYSTEMCTL_WITHIN_MS });
  if (!result.ran) throw new Error(`${path} on ${transport.where} cannot be looked for: ${result.reason}`);
  if (result.code !== 0) return undefined;
  const line = /^# owner (.*)$/m.exec(result.stdout)?.[1] ?? '{}';
  const value = JSON.parse(line) as Partial<Owner>;
  return { host: '', process: { pid: 0 }, writtenAtMs: 0, wasActive: false, ...value };
}

function demandGone({ host, process: id, writtenAtMs }: Owner, unit: string, transport: Transport): void {
  const isHere = host === hostname();
  const goesOn = isHere ? isAlive(id) : Date.now() - writtenAtMs < LEASE_MS;
  if (!goesOn) return;
  throw new UsageError(
    `${unit} on ${transport.where} is being soaked by another run (${host}, process ${id.pid}, since ${new Date(writtenAtMs).toISOString()}); ` +
      'wait for its end',
  );
}

async function demandDone(transport: Transport, command: string[], input?: string): Promise<void> {
  const result = await transport.run(command, {
    timeoutMs: SYSTEMCTL_WITHIN_MS,
    ...(input === undefined ? {} : { input }),
  });
  const why = !result.ran ? result.reason : result.code === 0 ? undefined : result.stderr.trim();
  if (why === undefined) return;
  throw new UsageError(
    `the drop-in for the soak cannot be changed on ${transport.where}: ${why}; expected the right to write under /run/systemd/system and to reload systemd`,
  );
}
