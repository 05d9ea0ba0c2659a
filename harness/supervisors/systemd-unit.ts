/** What systemd says about a unit, as values. Used by the systemd supervisor and by the preflight of a target. */
import { constants } from 'node:os';
import type { ExitFact, Reading } from '../observation.ts';
import type { Transport } from '../transport/transport.ts';

/** A unit at one moment. */
export interface UnitState {
  loadState: string;
  /** `active`, `activating`, `deactivating`, `inactive`, `failed`. */
  activeState: string;
  subState: string;
  /** `success`, or why the last life ended badly: `exit-code`, `timeout`, `start-limit-hit`. */
  result: string;
  /** 0 when there is none. */
  mainPid: number;
  /** The main process of the last life, also when it has ended. */
  execMainPid: number;
  /** How that one ended; absent while it runs. */
  exit: ExitFact | undefined;
  invocationId: string;
  restarts: number;
  /** Path in the hierarchy; empty when the unit has none at the moment. */
  controlGroup: string;
  /** Units that start it by themselves: `x.socket`. */
  triggeredBy: string[];
  killSignal: string;
  startLimitInterval: string;
  logRateLimitBurst: string;
  /** A journal of its own that is not the system's; empty: none. */
  logNamespace: string;
  standardOutput: string;
  standardError: string;
  /** Program and arguments as they are configured. */
  command: string[];
}

const PROPERTIES = [
  ...['LoadState', 'ActiveState', 'SubState', 'Result', 'MainPID', 'ExecMainPID', 'ExecMainCode'],
  ...['ExecMainStatus', 'InvocationID', 'NRestarts', 'ControlGroup', 'TriggeredBy', 'KillSignal'],
  ...['StartLimitIntervalUSec', 'LogRateLimitBurst', 'LogNamespace', 'StandardOutput', 'StandardError'],
  'ExecStart',
];

export const SYSTEMCTL_WITHIN_MS = 10_000;

export async function readUnit(transport: Transport, unit: string): Promise<Reading<UnitState>> {
  const command = ['systemctl', 'show', unit, `--property=${PROPERTIES.join(',')}`];
  const result = await transport.run(command, { timeoutMs: SYSTEMCTL_WITHIN_MS });
  if (!result.ran) return { readable: false, reason: result.reason };
  if (result.code !== 0)
    return {
      readable: false,
      reason: `systemctl show ${unit} ended with ${result.code}: ${result.stderr.trim()}`,
    };
  return { readable: true, value: parseUnit(result.stdout) };
}

export function parseUnit(text: string): UnitState {
  const values = new Map(
    text.split('\n').map((line) => {
      const equals = line.indexOf('=');
      return [line.slice(0, equals), line.slice(equals + 1)] as const;
    }),
  );
  const value = (name: string): string => values.get(name) ?? '';
  const number = (name: string): number => Number(values.get(name) ?? 0) || 0;
  return {
    loadState: value('LoadState'),
    activeState: value('ActiveState'),
    subState: value('SubState'),
    result: value('Result'),
    mainPid: number('MainPID'),
    execMainPid: number('ExecMainPID'),
    exit: exitFact(number('ExecMainCode'), number('ExecMainStatus')),
    invocationId: value('InvocationID'),
    restarts: number('NRestarts'),
    controlGroup: value('ControlGroup'),
    triggeredBy: value('TriggeredBy')
      .split(' ')
      .filter((name) => name !== ''),
    killSignal: signalName(number('KillSignal')),
    startLimitInterval: value('StartLimitIntervalUSec'),
    logRateLimitBurst: value('LogRateLimitBurst'),
    logNamespace: value('LogNamespace'),
    standardOutput: value('StandardOutput'),
    standardError: value('StandardError'),
    command: (/argv\[\]=(.*?) ; /.exec(value('ExecStart'))?.[1] ?? '')
      .split(' ')
      .filter((word) => word !== ''),
  };
}

const CLD_EXITED = 1;

/** The numbers of `waitid`: how, and the code or the signal. */
function exitFact(how: number, status: number): ExitFact | undefined {
  if (how === 0) return undefined;
  return how === CLD_EXITED ? { code: status, signal: null } : { code: null, signal: signalName(status) };
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `signal ${number}`;
}
