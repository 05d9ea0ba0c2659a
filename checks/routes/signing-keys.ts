/**
 * Knows the keys with which the service signs its tokens: variables of its environment that the configuration names.
 * Used by `routes-stage.ts` before the service is started. Reads the environment file; starts nothing.
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import type { RoutesConfig, ServiceConfig } from '../../harness/config.ts';
import { errorText } from '../../harness/errors.ts';
import type { StageContext } from '../../harness/stage.ts';
import type { ServiceVariable } from './session.ts';

export interface KeyedService {
  /** The service with `{random}` of these variables filled in, so that both sides have the same key. */
  service: ServiceConfig;
  variable(name: string): ServiceVariable;
}

type Surroundings = Pick<StageContext, 'projectRoot' | 'serviceEnvironment' | 'conceal'>;

/** Reads and fixes the variables that identities are signed with; each is masked from now on. */
export function fixSigningKeys(
  context: Surroundings,
  service: ServiceConfig,
  { identities }: RoutesConfig,
): KeyedService {
  const names = Object.values(identities).flatMap((identity) =>
    'expire' in identity ? [identity.signedWith] : [],
  );
  const env = { ...service.env };
  const variables = new Map<string, ServiceVariable>();
  for (const name of new Set(names)) {
    const written = env[name];
    if (written !== undefined)
      env[name] = written.replaceAll('{random}', () => randomBytes(24).toString('hex'));
    const variable = readVariable(name, env[name], context, service);
    if (variable.known) context.conceal(variable.value);
    variables.set(name, variable);
  }
  return {
    service: { ...service, env },
    variable: (name) => variables.get(name) ?? { known: false, reason: `${name} was not asked for` },
  };
}

function readVariable(
  name: string,
  configured: string | undefined,
  { projectRoot, serviceEnvironment }: Surroundings,
  { envFile }: ServiceConfig,
): ServiceVariable {
  try {
    const fromFile =
      configured === undefined && envFile !== undefined
        ? parseEnv(readFileSync(resolve(projectRoot, envFile), 'utf8'))[name]
        : undefined;
    const value = configured ?? fromFile ?? serviceEnvironment[name];
    if (value === undefined || value === '')
      return { known: false, reason: `${name} is not in the service's environment` };
    const placeholder = /\{\w+\}/.exec(value)?.[0];
    if (placeholder === undefined) return { known: true, value };
    return { known: false, reason: `${name} holds ${placeholder}, which only the service is told` };
  } catch (error) {
    return { known: false, reason: `service.envFile cannot be read: ${errorText(error)}` };
  }
}
