/** How long Docker Compose lets a service stop: `stop_grace_period`, 10 s when it says nothing. Pure. */
import path from 'node:path';
import type { GivenUnit } from '../../source/given.ts';
import type { DeploymentFile } from '../files/find-files.ts';
import { containerRunBy, parseDockerfile } from './dockerfile.ts';
import { type Json, mapOf, readYaml, textOf, type YamlDocument } from './yaml-file.ts';

const DEFAULT_GRACE_MS = 10_000;
/** Files that a developer or a test starts: what they leave to a default says nothing of the deployment. */
const NOT_DEPLOYED =
  /(^|[.\-_])(dev|develop|development|devcontainer|test|tests|testing|e2e|ci|local|integration|override|example)([.\-_]|$)/;

/** Go's durations as compose has them: `1m30s`, `500ms`. */
export function parseDuration(text: string): number | undefined {
  const units: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
  const part = /(\d+(?:\.\d+)?)(us|ms|s|m|h)/y;
  let sum = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    sum += Number(match[1]) * (units[match[2] ?? ''] ?? 0);
  }
  return text === '' ? undefined : sum;
}

export function composeStops(file: DeploymentFile, files: readonly DeploymentFile[]): GivenUnit[] {
  return readYaml(file.path, file.text).flatMap((document) =>
    Object.entries(mapOf(mapOf(document.value).services)).flatMap(([name, service]) =>
      serviceStop(file, files, document, name, mapOf(service)),
    ),
  );
}

function serviceStop(
  file: DeploymentFile,
  files: readonly DeploymentFile[],
  document: YamlDocument,
  name: string,
  service: Record<string, Json>,
): GivenUnit[] {
  // What is not built here (a database, a proxy) is not the service.
  if (service.build === undefined || !runsNode(file, files, service)) return [];
  const written = textOf(service.stop_grace_period);
  if (written === undefined) {
    if (NOT_DEPLOYED.test(path.posix.basename(file.path).replace(/\.ya?ml$/, ''))) return [];
    const location = document.at(['services', name]);
    return [{ location, words: 'the default stop_grace_period (10 s)', stopWithinMs: DEFAULT_GRACE_MS }];
  }
  const stopWithinMs = parseDuration(written);
  if (stopWithinMs === undefined) return [];
  const location = document.at(['services', name, 'stop_grace_period']);
  return [{ location, words: `stop_grace_period: ${written}`, stopWithinMs }];
}

/** Whether the image that is built here runs a Node program, as its Dockerfile says; a base image may say it, too. */
function runsNode(
  file: DeploymentFile,
  files: readonly DeploymentFile[],
  service: Record<string, Json>,
): boolean {
  const build = service.build;
  const context = typeof build === 'string' ? build : (textOf(mapOf(build).context) ?? '.');
  const named = typeof build === 'string' ? undefined : textOf(mapOf(build).dockerfile);
  const wanted = path.posix.normalize(
    path.posix.join(path.posix.dirname(file.path), context, named ?? 'Dockerfile'),
  );
  const docker = files.find((each) => each.kind === 'dockerfile' && each.path === wanted);
  if (docker === undefined) return false;
  const parsed = parseDockerfile(docker.text);
  const by = containerRunBy(docker.path, parsed)?.run.by;
  return by === 'node' || by === 'manager' || by === 'shell' || fromNode(parsed.last[0]?.text ?? '');
}

const fromNode = (from: string): boolean => /^(--\S+\s+)*(\S*\/)?(node|bun|deno)[:@\s]/.test(`${from} `);
