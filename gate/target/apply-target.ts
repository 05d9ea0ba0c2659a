/**
 * `--target`: the configuration turned from a service that is spawned here to a unit that is deployed there. Nothing
 * destructive is left in it: no companion's moods, no faults. Called by the command `gate`.
 */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { target as targetSchema } from '../../harness/config/target.ts';
import type { Config } from '../../harness/config.ts';
import { UsageError } from '../../harness/errors.ts';
import { parseSshUrl } from '../../harness/transport/ssh.ts';

export interface TargetOptions {
  /** `local` or `ssh://user@host:port`. */
  target?: string;
  unit?: string;
  url?: string;
  identity?: string;
  knownHosts?: string;
}

export function withTarget(command: Command): Command {
  return command
    .option('--target <host>', 'a deployed unit instead of a process: ssh://user@host:port, or local')
    .option('--unit <name>', 'with --target: the systemd unit')
    .option('--url <url>', 'with --target: where it answers, as http://host:port')
    .option('--identity <file>', 'with --target: the private key for ssh')
    .option('--known-hosts <file>', "with --target: the file that knows the host's key");
}

/** Whether the gate is about a target. Changes `config` to be so. @throws UsageError naming the option or key. */
export function applyTarget(config: Config, options: TargetOptions): boolean {
  if (options.target === undefined) {
    const lone = (['unit', 'url', 'identity', 'knownHosts'] as const).find(
      (name) => options[name] !== undefined,
    );
    if (lone !== undefined) throw new UsageError(`--${OPTION[lone]} is about a target: give --target too`);
    return config.service?.supervisor === 'systemd';
  }
  const { service, target } = config;
  if (service === undefined) {
    throw new UsageError(
      '--target: "service" is missing from the configuration; expected at least service.readiness, that says when the unit is ready',
    );
  }
  const merged = {
    ...target,
    host: options.target,
    ...given('unit', unitName(options.unit) ?? target?.unit),
    ...given('url', options.url ?? target?.url ?? guessUrl(options.target, service.port)),
    ...given('identityFile', called(options.identity) ?? target?.identityFile),
    ...given('knownHostsFile', called(options.knownHosts) ?? target?.knownHostsFile),
  };
  const parsed = targetSchema.safeParse(merged);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.map(String).join('.')}: ${message}`,
    );
    throw new UsageError(`--target: ${problems.join('; ')} (from the options and from "target")`);
  }
  config.target = parsed.data;
  service.supervisor = 'systemd';
  // What runs beside the unit is not ours to start or to disturb.
  config.companions = [];
  config.soak.scenarios = ['restart-loop'];
  return true;
}

const OPTION = { unit: 'unit', url: 'url', identity: 'identity', knownHosts: 'known-hosts' } as const;

function given(key: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: value };
}

/** An option's path starts where the command was called. */
function called(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path);
}

function unitName(name: string | undefined): string | undefined {
  return name === undefined || /\.\w+$/.test(name) ? name : `${name}.service`;
}

/** The host that ssh goes to, where the configuration says the port. */
function guessUrl(target: string, port: number | 'auto' | 'none'): string | undefined {
  if (typeof port !== 'number') return undefined;
  const hostname = target === 'local' ? '127.0.0.1' : parseSshUrl(target).hostname;
  return `http://${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}
