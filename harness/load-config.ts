/**
 * Finds, loads and validates the configuration. Called by `gate/`; everything wrong with it is a UsageError
 * that names the key and what was expected.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { z } from 'zod';
import { type Config, configSchema } from './config.ts';
import { findConfig } from './find-config.ts';
import { errorText, UsageError } from './errors.ts';
import { nearest } from './nearest.ts';

export interface LoadedConfig {
  config: Config;
  /** Absolute path of the file; absent when the defaults are used. */
  file?: string;
  /** Folder that relative paths of the configuration start from. */
  projectRoot: string;
}

/**
 * Loads the configuration: `explicit` when given, else the first of the usual names in `folder`, else the defaults.
 * @throws UsageError on a missing file, one that does not load, and on unknown keys or wrong values.
 */
export async function loadConfig(folder: string, explicit?: string): Promise<LoadedConfig> {
  const file = explicit === undefined ? findConfig(folder) : resolve(folder, explicit);
  if (file === undefined) return { config: configSchema.parse({}), projectRoot: folder };
  if (!existsSync(file)) {
    throw new UsageError(
      `no configuration at ${file} (from --config): give the path of a file that exists, or leave --config out`,
    );
  }
  return { config: validateConfig(await importDefault(file), file), file, projectRoot: dirname(file) };
}

/** Validates what a configuration file exports, and fills in the defaults. @throws UsageError naming every wrong key. */
export function validateConfig(value: unknown, file: string): Config {
  const result = configSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => explainIssue(issue, []));
  throw new UsageError(
    `${file} is not a valid configuration:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
  );
}

async function importDefault(file: string): Promise<unknown> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  } catch (error) {
    throw new UsageError(
      `${file} could not be loaded: ${errorText(error)}; it must be a module that Node can run as it is`,
    );
  }
  if (typeof module.default !== 'object' || module.default === null) {
    throw new UsageError(`${file} has no default export; write \`export default defineConfig({ ... })\``);
  }
  return module.default;
}

type Issue = z.core.$ZodIssue;

/** One sentence per wrong key: where it is, what was seen and what was expected. */
function explainIssue(issue: Issue, outer: PropertyKey[]): string[] {
  const path = [...outer, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = knownKeys(path);
      const near = nearest(key, known);
      const hint = near === undefined ? `known keys: ${known.join(', ')}` : `did you mean "${near}"?`;
      return `unknown key "${keyText([...path, key])}"; ${hint}`;
    });
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    // The branch with the fewest complaints is the one the user meant.
    const branches = [...issue.errors].sort((a, b) => a.length - b.length);
    return (branches[0] ?? []).flatMap((inner) => explainIssue(inner, path));
  }
  return [`"${keyText(path)}": ${issue.message.replace(/^Invalid input: /, '')}`];
}

function keyText(path: PropertyKey[]): string {
  return path.map(String).join('.');
}

/** The keys that the schema knows at a path, for suggestions. */
function knownKeys(path: PropertyKey[]): string[] {
  let keys: string[] = [];
  let schemas: z.core.$ZodType[] = [configSchema];
  // The items of an array are all alike: which one it is says nothing about its keys.
  for (const step of [...path.filter((step) => typeof step !== 'number'), undefined]) {
    const shapes = schemas.flatMap(shapesOf);
    keys = shapes.flatMap((shape) => Object.keys(shape));
    if (step === undefined) break;
    schemas = shapes.flatMap((shape) => shape[String(step)] ?? []);
  }
  return [...new Set(keys)];
}

function shapesOf(schema: z.core.$ZodType): Record<string, z.core.$ZodType>[] {
  const def = schema._zod.def as {
    shape?: Record<string, z.core.$ZodType>;
    innerType?: z.core.$ZodType;
    element?: z.core.$ZodType;
    /** What a transformation starts from. */
    in?: z.core.$ZodType;
    options?: z.core.$ZodType[];
  };
  if (def.shape !== undefined) return [def.shape];
  const inner = def.innerType ?? def.element ?? def.in;
  if (inner !== undefined) return shapesOf(inner);
  return (def.options ?? []).flatMap(shapesOf);
}
