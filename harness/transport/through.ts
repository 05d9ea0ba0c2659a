/**
 * Makes a transport from "how a command becomes one of this host": through ssh, into a machine, or as it is. Running,
 * timing out and streaming are the same for all. Called by `local.ts`, `ssh.ts` and the disposable machine.
 */
import { spawn } from 'node:child_process';
import { $ } from 'zx';
import { errorText } from '../errors.ts';
import type {
  CommandOptions,
  CommandPlace,
  CommandResult,
  StreamOptions,
  StreamedCommand,
  Transport,
} from './transport.ts';

/** A way in. */
export interface Entry {
  where: string;
  /**
   * Program and arguments on this host that run `command` there, in that folder and with that environment.
   * `timeoutMs` is known for commands that are run to their end: what runs elsewhere may outlive its local half.
   */
  argv(command: readonly string[], place: CommandPlace & { timeoutMs?: number }): string[];
  /** Exit code by which the way in itself says that it failed; the command's own codes are results. */
  failureCode?: number;
}

/** What a shell, `env` and `setpriv` exit with when there is no such program. */
const NOT_FOUND = 127;

/** A transport through an entry. The local half runs with the harness's own folder and environment. */
export function transportThrough(entry: Entry): Transport {
  return createTransport(entry.where, (command, place) => ({ argv: entry.argv(command, place) }), entry);
}

/** A command of this host, with where it runs when that is not the harness's own place. */
interface LocalCommand {
  argv: readonly string[];
  cwd?: string;
  environment?: Record<string, string>;
}

/** The common part: `localise` says what runs on this host. */
export function createTransport(
  where: string,
  localise: (command: readonly string[], place: CommandPlace & { timeoutMs?: number }) => LocalCommand,
  { failureCode }: Pick<Entry, 'failureCode'> = {},
): Transport {
  return {
    where,
    async run(command, options) {
      const result = await runLocally(localise(command, options), command.join(' '), options);
      if (!result.ran || result.code !== failureCode) return result;
      const reason = `${where} could not be reached, or did not run ${command.join(' ')}: ${result.stderr.trim()}`;
      return { ran: false, reason, durationMs: result.durationMs };
    },
    stream: (command, options = {}) => streamLocally(localise(command, options), options),
  };
}

async function runLocally(
  { argv, cwd, environment }: LocalCommand,
  name: string,
  options: CommandOptions,
): Promise<CommandResult> {
  const startedAt = performance.now();
  const since = () => performance.now() - startedAt;
  const shell = $({
    quiet: true,
    nothrow: true,
    timeout: `${Math.max(1, Math.round(options.timeoutMs))}ms`,
    timeoutSignal: 'SIGKILL',
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...(options.input === undefined ? {} : { input: options.input }),
    ...(cwd === undefined ? {} : { cwd }),
    ...(environment === undefined ? {} : { env: environment }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  try {
    const output = await shell`${[...argv]}`;
    if (options.signal?.aborted) return { ran: false, reason: `interrupted: ${name}`, durationMs: since() };
    if (output.exitCode === null || output.signal !== null) {
      const reason = `${name} ended by ${output.signal ?? 'a signal'} (limit ${options.timeoutMs} ms)`;
      return { ran: false, reason, durationMs: since() };
    }
    if (output.exitCode === NOT_FOUND)
      return { ran: false, reason: `${name}: ${output.stderr.trim()}`, durationMs: since() };
    const { exitCode: code, stdout, stderr } = output;
    return { ran: true, code, stdout, stderr, durationMs: since() };
  } catch (error) {
    return { ran: false, reason: errorText(error), durationMs: since() };
  }
}

function streamLocally({ argv, cwd, environment }: LocalCommand, options: StreamOptions): StreamedCommand {
  const [program = '', ...words] = argv;
  const child = spawn(program, words, {
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(environment === undefined ? {} : { env: environment }),
    ...(options.signal === undefined ? {} : { signal: options.signal, killSignal: 'SIGKILL' }),
  });
  // A program that ends without reading its input is no error of ours: its exit code says what became of it.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input);
  return child;
}
