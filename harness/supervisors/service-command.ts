/**
 * Turns the service's configuration into what is spawned: program, arguments, working directory, environment,
 * with `{port}`, `{scratch}` and `{random}` filled in. Called by the process supervisor.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { ServiceConfig } from '../config.ts';
import { UsageError, errorText } from '../errors.ts';
import { createMask } from '../mask.ts';
import type { Preload } from './supervisor.ts';

/** What the placeholders stand for. */
export interface Placeholders {
  /** Left as it is written where the service does not listen. */
  port: number | undefined;
  scratch: string;
}

export interface SpawnPlan {
  command: string[];
  cwd: string;
  environment: Record<string, string>;
  /** Values that must be masked: what was made for `{random}`, and values under names of secrets. */
  secrets: string[];
}

/** What {@link planSpawn} is made from. */
export interface SpawnInput {
  service: ServiceConfig;
  projectRoot: string;
  /** The environment the service starts from. */
  base: Record<string, string>;
  /** Takes the place of a first word `node`. */
  nodePath: string;
  placeholders: Placeholders;
  /** Names of further variables whose values are secret. */
  secretNames: readonly string[];
}

/** Plans a spawn. Throws UsageError when the environment file cannot be read. */
export function planSpawn(input: SpawnInput): SpawnPlan {
  const { service, projectRoot } = input;
  const made: string[] = [];
  const fill = (text: string): string => fillPlaceholders(text, input.placeholders, made);
  const fromFile = service.envFile === undefined ? {} : readEnvFile(resolve(projectRoot, service.envFile));
  const configured = Object.fromEntries(
    Object.entries({ ...fromFile, ...service.env }).map(([name, value]) => [name, fill(value)]),
  );
  const [program = '', ...rest] = service.command;
  const words = [program === 'node' ? input.nodePath : program, ...rest].map(fill);
  return {
    command: words,
    cwd: resolve(projectRoot, service.cwd),
    environment: { ...input.base, ...configured },
    secrets: [...made, ...secretValues(configured, input.secretNames)],
  };
}

/** The environment in which the service's Node loads a file before the service, besides what it is told to load anyway. */
export function withPreload(
  environment: Record<string, string>,
  { file, environment: more }: Preload,
): Record<string, string> {
  const quoted = `"${file.replaceAll(/["\\]/g, '\\$&')}"`;
  const options = [environment.NODE_OPTIONS, `--require ${quoted}`].filter(
    (each) => each !== undefined && each !== '',
  );
  return { ...environment, ...more, NODE_OPTIONS: options.join(' ') };
}

function fillPlaceholders(text: string, placeholders: Placeholders, made: string[]): string {
  return text.replace(/\{(port|scratch|random)\}/g, (written, name: string) => {
    if (name === 'scratch') return placeholders.scratch;
    if (name === 'port') return placeholders.port === undefined ? written : String(placeholders.port);
    const value = randomBytes(24).toString('hex');
    made.push(value);
    return value;
  });
}

/** The mask knows which names are those of secrets: a value that it replaces is one. */
function secretValues(environment: Record<string, string>, names: readonly string[]): string[] {
  return Object.entries(environment)
    .filter(
      ([name, value]) =>
        value !== '' &&
        !createMask({ [name]: value }, names)
          .text(value)
          .includes(value),
    )
    .map(([, value]) => value);
}

function readEnvFile(path: string): Record<string, string> {
  try {
    const entries = Object.entries(parseEnv(readFileSync(path, 'utf8')));
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
  } catch (error) {
    throw new UsageError(
      `service.envFile: cannot read ${path} (${errorText(error)}); expected a file of NAME=value lines`,
    );
  }
}
