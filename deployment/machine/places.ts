/**
 * Where machines and their root file systems live on this host, and what they are called. Everything that a machine
 * brings into being carries its number, so that it can be found again.
 */
import { join } from 'node:path';

export const SUITES = ['bookworm', 'trixie'] as const;
export type Suite = (typeof SUITES)[number];

/** The check that a machine could be had: what `unavailable` names on hosts that have none. */
export const MACHINE_UP = 'machine-up';

/** Root file systems, machines and their records; `SHAKEDOWN_MACHINES` puts them elsewhere. */
export const homeFolder = (): string => process.env['SHAKEDOWN_MACHINES'] ?? '/var/lib/shakedown-machines';
export const rootsFolder = (): string => join(homeFolder(), 'roots');
export const machinesFolder = (): string => join(homeFolder(), 'machines');

/** Numbers go into an address and a link's name. */
export const HIGHEST_NUMBER = 254;

/** Names that follow from a machine's number. */
export const folderOf = (number: number): string => join(machinesFolder(), String(number));
/** The end of the cable on this host, and the network namespace at its other end. */
export const linkOf = (number: number): string => `sdm${number}`;
export const hostAddressOf = (number: number): string => `10.77.${number}.1`;
export const addressOf = (number: number): string => `10.77.${number}.2`;
