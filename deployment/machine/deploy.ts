/** What the steps do with the scripts of the deployment: bring a release in, install it, ask the server what it is. */
import { basename } from 'node:path';
import type { BuiltRelease, ReleaseKind } from './releases.ts';
import { type Ended, expect, type Stand } from './step.ts';

/** Names of the deployment, as its scripts have them. */
export const UNIT = 'paper-trading.service';
export const CURRENT = '/opt/paper-trading/current';
export const PING = '/api/health/ping';

const INCOMING = '/root/incoming';

/** A release in the machine, as an operator would have brought it. */
export interface Brought extends BuiltRelease {
  /** Its archive, and the folder of its scripts, inside. */
  archive: string;
  scripts: string;
}

export async function bring({ machine, releases, must }: Stand, kind: ReleaseKind): Promise<Brought> {
  const built = await releases.build(kind);
  const folder = `${INCOMING}/${built.id}`;
  const archive = `${INCOMING}/${basename(built.tarball)}`;
  await must(['mkdir', '--parents', folder]);
  await machine.copyIn(built.tarball, archive);
  await machine.copyIn(built.nodeTarball, `${INCOMING}/${basename(built.nodeTarball)}`);
  // The scripts only: install.sh unpacks the rest by itself.
  const unpack = ['tar', '--extract', '--gzip', `--file=${archive}`, `--directory=${folder}`];
  await must([...unpack, '--strip-components=1', 'paper-trading/deployment', 'paper-trading/release.json']);
  return { ...built, archive, scripts: `${folder}/deployment` };
}

export function install(stand: Stand, { scripts, archive }: Brought, ...options: string[]): Promise<Ended> {
  return stand.inside([`${scripts}/install.sh`, '--release', archive, ...options]);
}

/** The sentence with which a script ends. */
export const lastLine = ({ stdout }: Ended): string => stdout.trim().split('\n').at(-1) ?? '';

export interface UnitState {
  release: string;
  active: string;
  pid: string;
  invocation: string;
  restarts: string;
}

export async function stateOf({ must }: Stand): Promise<UnitState> {
  const names = ['ActiveState', 'MainPID', 'InvocationID', 'NRestarts'];
  const shown = await must(['systemctl', 'show', UNIT, ...names.map((name) => `--property=${name}`)]);
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(shown)?.[1] ?? '';
  const link = await must(['readlink', CURRENT]);
  return {
    release: basename(link.trim()),
    active: value('ActiveState'),
    pid: value('MainPID'),
    invocation: value('InvocationID'),
    restarts: value('NRestarts'),
  };
}

/** The release that must be there now, as the steps before left it. */
export function expectedRelease({ memory }: Stand): string {
  expect(memory.release !== undefined, 'no step before has left a release');
  return memory.release;
}
