/**
 * The releases that the machine test deploys: the checkout's own, and copies of it with one fault each. Each is built
 * on this host when a step first asks for it, and all go when the test ends.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { type BadDeployment, makeBadDeployment } from '../bad-deployment.ts';
import type { BadService } from '../bad-service.ts';
import { demand } from './commands.ts';

/** `good` is the checkout as it is. */
export type ReleaseKind = 'good' | BadService;

export interface BuiltRelease {
  id: string;
  /** Archive of the release, and the package that carries its Node, on this host. */
  tarball: string;
  nodeTarball: string;
}

export interface Releases extends Disposable {
  build(kind: ReleaseKind): Promise<BuiltRelease>;
}

const DEPLOYMENT = resolve(import.meta.dirname, '..');
const BUILD_LIMIT_MS = 300_000;

/** @param defect a fault in the deployment of each of them. */
export function openReleases(defect?: BadDeployment): Releases {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-releases-'));
  const deployment = join(folder, 'deployment');
  if (defect !== undefined) makeBadDeployment(defect, deployment);
  const changed = defect === undefined ? [] : ['--deployment', deployment];
  const built = new Map<ReleaseKind, Promise<BuiltRelease>>();
  return {
    build: (kind) => {
      const known = built.get(kind) ?? buildOne(kind, folder, changed);
      built.set(kind, known);
      return known;
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

async function buildOne(
  kind: ReleaseKind,
  folder: string,
  changed: readonly string[],
): Promise<BuiltRelease> {
  const node = (script: string, ...args: string[]) =>
    demand([process.execPath, join(DEPLOYMENT, script), ...args], { timeoutMs: BUILD_LIMIT_MS });
  const service = join(folder, kind);
  if (kind !== 'good') await node('bad-service.ts', kind, service);
  const from = kind === 'good' ? [] : ['--service', service, '--label', kind];
  const said = await node('release.ts', '--out', folder, '--with-node', ...from, ...changed);
  const [, id] = /^release (\S+)$/m.exec(said) ?? [];
  const files = said.split('\n').filter((line) => line.endsWith('.tgz'));
  const tarball = files.find((file) => id !== undefined && basename(file).includes(id));
  const nodeTarball = files.find((file) => file !== tarball);
  if (id === undefined || tarball === undefined || nodeTarball === undefined)
    throw new Error(`release.ts named no release, archive and Node: ${said}`);
  return { id, tarball, nodeTarball };
}
