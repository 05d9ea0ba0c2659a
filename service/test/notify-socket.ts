/** The other end of sd_notify: a datagram socket that hears what a service tells, or a program that notes it down. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { scratchFolder } from './subjects.ts';

export interface NotifySocket {
  /** What the service must find in its environment. */
  env: Record<string, string>;
  /** What was told, each message with its lines, and when. */
  heard: { lines: string[]; atMs: number }[];
  dispose(): Promise<void>;
}

/** Node has no such sockets; every Debian has perl. It answers a barrier by letting go of the descriptor that comes along. */
const RECEIVER = `
use Socket;
socket(my $s, PF_UNIX, SOCK_DGRAM, 0) or die "socket: $!";
bind($s, pack_sockaddr_un($ARGV[0])) or die "bind: $!";
$| = 1;
print "LISTENING\\n";
while (defined recv($s, my $message, 8192, 0)) { $message =~ s/\\n/\\t/g; print "$message\\n"; }
`;

export const realNotifyIsMissing = ['perl', 'systemd-notify'].some(
  (program) => spawnSync(program, ['--version']).error !== undefined,
);

/** Hears the real systemd-notify, as systemd would. */
export async function openNotifySocket(): Promise<NotifySocket> {
  const folder = await scratchFolder();
  const path = join(folder, 'notify');
  const receiver = spawn('perl', ['-e', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(receiver, 'exit');
  const heard: NotifySocket['heard'] = [];
  const lines = createInterface(receiver.stdout);
  await once(lines, 'line');
  lines.on('line', (line) => {
    const told = line.split('\t');
    // What systemd-notify asks in the end: has everything before been read?
    if (!told.includes('BARRIER=1')) heard.push({ lines: told, atMs: performance.now() });
  });
  return {
    env: { NOTIFY_SOCKET: path, PATH: process.env['PATH'] ?? '' },
    heard,
    dispose: async () => {
      receiver.kill('SIGKILL');
      await exited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface NotifyProgram {
  env: Record<string, string>;
  /** The arguments of each call, and the environment and the open descriptors that it was made with. */
  calls(): Promise<{ args: string[]; env: string[]; descriptors: string[] }[]>;
  dispose(): Promise<void>;
}

/** A program that stands in for systemd-notify, for what only the called one sees; it ends with `exitCode`. */
export async function placeNotifyProgram(exitCode = 0): Promise<NotifyProgram> {
  const folder = await scratchFolder();
  const record = join(folder, 'calls');
  const program = join(folder, 'systemd-notify');
  await writeFile(
    program,
    `#!/bin/sh
{ printf '%s\\t' "$@"; echo; env | tr '\\n' '\\t'; echo; readlink /proc/$$/fd/* | tr '\\n' '\\t'; echo; } >> ${record}
exit ${exitCode}
`,
  );
  await chmod(program, 0o755);
  await writeFile(record, '');
  return {
    env: { NOTIFY_SOCKET: join(folder, 'nobody'), PATH: `${folder}:${process.env['PATH']}` },
    calls: async () => {
      const rows = (await readFile(record, 'utf8')).split('\n').slice(0, -1);
      const cells = rows.map((row) => row.split('\t').filter((cell) => cell !== ''));
      return Array.from({ length: Math.floor(cells.length / 3) }, (_, index) => ({
        args: cells[3 * index] ?? [],
        env: cells[3 * index + 1] ?? [],
        descriptors: cells[3 * index + 2] ?? [],
      }));
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}
