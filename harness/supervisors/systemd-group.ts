/**
 * A unit's control group seen through a transport: who is in it, writing from within it, ending what is left in it.
 * Used by the systemd supervisor. With the old hierarchy, the new one, or both.
 */
import type { Reading } from '../observation.ts';
import type { Transport } from '../transport/transport.ts';

/** A process by pid and start time: together they are never given to another one. */
export interface GroupMember {
  pid: number;
  startTicks: string;
  command: string;
}

const WITHIN_MS = 10_000;
/** Where systemd may keep its hierarchy. */
const ROOTS = '/sys/fs/cgroup /sys/fs/cgroup/unified /sys/fs/cgroup/systemd';

const LIST = `for root in ${ROOTS}; do
  [ -e "$root$1/cgroup.procs" ] || continue
  find "$root$1" -name cgroup.procs -exec cat {} +
done | sort -un | while read -r pid; do
  stat=$(cat "/proc/$pid/stat" 2>/dev/null) || continue
  printf '%s\\t%s\\t%s\\n' "$pid" "\${stat##*) }" "$(tr '\\0' ' ' 2>/dev/null < "/proc/$pid/cmdline")"
done`;

const WRITE = `joined=
for root in ${ROOTS}; do
  [ -e "$root$1/cgroup.procs" ] || continue
  echo $$ > "$root$1/cgroup.procs" || exit 92
  joined=yes
done
[ "$joined" ] || { echo "there is no control group $1" >&2; exit 92; }
# Who wrote it must still be there when journald looks which unit that is.
exec systemd-cat --identifier=shakedown --priority=info sh -c 'printf "%s\\n" "$1"; journalctl --sync' sh "$2"`;

const END = `signal=$1; shift
while [ $# -ge 2 ]; do
  stat=$(cat "/proc/$1/stat" 2>/dev/null) && rest="\${stat##*) }" &&
    [ "$(echo "$rest" | cut -d ' ' -f 20)" = "$2" ] && kill -"$signal" "$1"
  shift 2
done
true`;

/** Living processes of the group and of those below it, without zombies. */
export async function listGroup(transport: Transport, group: string): Promise<Reading<GroupMember[]>> {
  if (group === '') return { readable: true, value: [] };
  const result = await transport.run(['sh', '-c', LIST, 'sh', group], { timeoutMs: WITHIN_MS });
  if (!result.ran) return { readable: false, reason: result.reason };
  if (result.code !== 0)
    return { readable: false, reason: `the control group ${group}: ${result.stderr.trim()}` };
  const lines = result.stdout.split('\n').filter((line) => line !== '');
  return { readable: true, value: lines.flatMap(parseMember) };
}

function parseMember(line: string): GroupMember[] {
  const [pid = '', stat = '', command = ''] = line.split('\t');
  const fields = stat.split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return [];
  return [{ pid: Number(pid), startTicks: fields[19] ?? '', command: command.trim() }];
}

/** Writes a line to the journal as a process of the group: what journald drops of the unit's lines, it drops of this. */
export async function writeFromGroup(
  transport: Transport,
  group: string,
  line: string,
): Promise<string | undefined> {
  const result = await transport.run(['sh', '-c', WRITE, 'sh', group, line], { timeoutMs: WITHIN_MS });
  if (!result.ran) return result.reason;
  return result.code === 0 ? undefined : result.stderr.trim() || `it ended with ${result.code}`;
}

/** Sends a signal to exactly these processes. */
export async function signalMembers(
  transport: Transport,
  members: readonly GroupMember[],
  signal: 'TERM' | 'KILL',
): Promise<void> {
  const words = members.flatMap(({ pid, startTicks }) => [String(pid), startTicks]);
  await transport.run(['sh', '-c', END, 'sh', signal, ...words], { timeoutMs: WITHIN_MS });
}
