/**
 * Runs commands on another host through the OpenSSH client, over one shared connection. Opened by the systemd
 * supervisor and by `gate --target`; the caller disposes of it.
 */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { guardian } from '../supervisors/guardian.ts';
import { localTransport } from './local.ts';
import { shellLine } from './shell-words.ts';
import { transportThrough } from './through.ts';
import type { Transport } from './transport.ts';

/** How another host is reached. */
export interface SshOptions {
  /** `ssh://user@host:port`; user and port as the client's configuration says when left out. */
  host: string;
  /** The private key; the client's own choice when left out. */
  identityFile?: string | undefined;
  /** The file with the host's key; the client's own when left out. An unknown host is refused either way. */
  knownHostsFile?: string | undefined;
}

export interface SshTransport extends Transport, AsyncDisposable {
  /** Closes the shared connection and removes its folder. Safe twice. */
  dispose(): Promise<void>;
}

const CONNECT_WITHIN_MS = 15_000;
/** What runs there is ended by itself a moment after the local half has given up. */
const REMOTE_GRACE_MS = 1_000;
/** The client's own exit code when it could not connect or was cut off. */
const SSH_FAILED = 255;

/** Connects; @throws UsageError when that fails, with what the client said. */
export async function sshTransport(options: SshOptions): Promise<SshTransport> {
  const destination = parseSshUrl(options.host);
  // Short, and the real path: a unix socket's name may have about 100 bytes.
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'shakedown-ssh-'));
  guardian.folder(folder);
  const client = ['ssh', ...clientOptions(options, join(folder, 'c')), ...destination.words];
  const transport = transportThrough({
    where: options.host,
    argv: (command, place) => [...client, shellLine(limited(command, place.timeoutMs), place)],
    failureCode: SSH_FAILED,
  });
  const dispose = async (): Promise<void> => {
    await localTransport.run([...client.slice(0, 1), '-O', 'exit', ...client.slice(1)], { timeoutMs: 5_000 });
    rmSync(folder, { recursive: true, force: true });
    guardian.unfolder(folder);
  };
  const first = await transport.run(['true'], { timeoutMs: CONNECT_WITHIN_MS });
  if (first.ran && first.code === 0) return { ...transport, dispose, [Symbol.asyncDispose]: dispose };
  await dispose();
  const why = first.ran ? `\`true\` exited with ${first.code}: ${first.stderr.trim()}` : first.reason;
  throw new UsageError(
    `cannot run commands at ${options.host}: ${why}; expected that \`ssh ${destination.words.join(' ')} true\` works without asking`,
  );
}

/** The words for the client's command line. @throws UsageError for anything but `ssh://[user@]host[:port]`. */
export function parseSshUrl(text: string): { words: string[]; hostname: string } {
  const match =
    /^ssh:\/\/(?:([A-Za-z0-9_][A-Za-z0-9_.-]*)@)?([A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?\/?$/.exec(
      text,
    );
  if (match === null) throw new UsageError(`${text} is no ssh target; expected ssh://user@host:port`);
  const [, user, host = '', port] = match;
  const hostname = host.replace(/^\[|\]$/g, '');
  return {
    words: [
      ...(port === undefined ? [] : ['-p', port]),
      ...(user === undefined ? [] : ['-l', user]),
      hostname,
    ],
    hostname,
  };
}

function clientOptions({ identityFile, knownHostsFile }: SshOptions, controlPath: string): string[] {
  const settings = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'ConnectTimeout=10',
    'ServerAliveInterval=5',
    'ServerAliveCountMax=3',
    'ForwardAgent=no',
    'ControlMaster=auto',
    `ControlPath=${controlPath}`,
    // Should the harness be killed, the connection ends by itself.
    'ControlPersist=60',
    'LogLevel=ERROR',
    ...(identityFile === undefined ? [] : [`IdentityFile=${identityFile}`, 'IdentitiesOnly=yes']),
    ...(knownHostsFile === undefined ? [] : [`UserKnownHostsFile=${knownHostsFile}`]),
  ];
  return ['-T', ...settings.flatMap((setting) => ['-o', setting])];
}

function limited(command: readonly string[], timeoutMs: number | undefined): readonly string[] {
  if (timeoutMs === undefined) return command;
  const seconds = ((timeoutMs + REMOTE_GRACE_MS) / 1_000).toFixed(3);
  return ['timeout', '--signal=KILL', seconds, ...command];
}
