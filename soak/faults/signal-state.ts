/** What the kernel says of a process's signals: pending, caught. Used by the scenarios of the group `signals`. */
import { constants } from 'node:os';
import { readProcText } from '../../harness/supervisors/proc.ts';
import type { Life } from '../scenarios/one-life.ts';
import type { Trial } from './trial.ts';

/** Waits until a signal is no longer pending: two that are pending at once are one. */
export async function awaitTaken(trial: Trial, life: Life, signal: NodeJS.Signals): Promise<void> {
  const isTaken = (): true | undefined => (has(life, 'ShdPnd', signal) === true ? undefined : true);
  await trial.until(isTaken, 500, `${signal} to be taken`);
}

/** Whether the process has a handler; `undefined` when it is gone. */
export function catches(life: Life, signal: NodeJS.Signals): boolean | undefined {
  return has(life, 'SigCgt', signal);
}

function has(life: Life, field: 'ShdPnd' | 'SigCgt', signal: NodeJS.Signals): boolean | undefined {
  const text = readProcText(`/proc/${life.instance.pid}/status`) ?? '';
  const mask = new RegExp(`^${field}:\\s*([0-9a-f]+)`, 'm').exec(text)?.[1];
  return mask === undefined
    ? undefined
    : (BigInt(`0x${mask}`) & (1n << BigInt(constants.signals[signal] - 1))) !== 0n;
}
