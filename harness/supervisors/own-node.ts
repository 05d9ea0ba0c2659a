/**
 * Finds the Node that the service runs with: its own, not the one npm put first for the harness.
 * Called by the process supervisor and by the preflight.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { localTransport } from '../transport/local.ts';

/** The service's Node: where it is and what it says of itself. */
export interface OwnNode {
  path: string;
  /** As `node --version` prints it: `v24.1.0`. */
  version: string;
}

const VERSION_TIMEOUT_MS = 10_000;

/**
 * Resolves `service.node` (or what `key` names): a path is relative to the project root, a bare name is looked up on the service's PATH.
 * Throws UsageError, naming the key, when there is none or when it does not tell its version.
 */
export async function findOwnNode(
  node: string,
  projectRoot: string,
  environment: Record<string, string>,
  key = 'service.node',
): Promise<OwnNode> {
  const path = node.includes('/')
    ? resolve(projectRoot, node)
    : onPath(node, projectRoot, environment.PATH ?? '');
  if (path === undefined || !isProgram(path)) {
    const where = node.includes('/') ? path : `the service's PATH (${environment.PATH ?? 'empty'})`;
    throw new UsageError(
      `${key}: no program "${node}" at ${where}; expected the Node it runs with: ` +
        `set ${key} to its path, relative to the configuration file`,
    );
  }
  const answer = await localTransport.run([path, '--version'], {
    timeoutMs: VERSION_TIMEOUT_MS,
    environment,
  });
  const version = answer.ran ? answer.stdout.trim() : '';
  if (!/^v\d+\.\d+/.test(version)) {
    const seen = answer.ran ? `"${answer.stdout.trim()}${answer.stderr.trim()}"` : answer.reason;
    throw new UsageError(`${key}: ${path} --version said ${seen}; expected a version such as v24.1.0`);
  }
  return { path, version };
}

function onPath(name: string, projectRoot: string, searchPath: string): string | undefined {
  return searchPath
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => (isAbsolute(folder) ? join(folder, name) : resolve(projectRoot, folder, name)))
    .find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
