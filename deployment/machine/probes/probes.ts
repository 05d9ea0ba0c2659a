/** Every probe. */
import { killMode, socketActivation, startLimit, timeoutStop, typeNotify, watchdog } from './lifecycle.ts';
import { addressDeny, cpuQuota, memoryMax, openFiles, protectSystem, tasksMax } from './limits.ts';
import type { Probe } from './probe.ts';

/** These mostly wait: they may run at the same time. */
export const PATIENT_PROBES: readonly Probe[] = [
  ...[typeNotify, timeoutStop, killMode, startLimit, watchdog, socketActivation],
];

/** These use the processors or the memory, one after the other. */
export const BUSY_PROBES: readonly Probe[] = [
  ...[protectSystem, openFiles, memoryMax, tasksMax, cpuQuota, addressDeny],
];
