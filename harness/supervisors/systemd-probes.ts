/**
 * Whether the options that a soak relies on are in force where the unit runs: each is tried on a unit made for it, beside
 * a control that must behave otherwise. In a container an option may be accepted and ignored. Used by `systemd.ts`.
 */
import { randomBytes } from 'node:crypto';
import type { Transport } from '../transport/transport.ts';
import { LOG_BURST } from './systemd-drop-in.ts';

const WITHIN_MS = 60_000;
const STARTS = 4;
const LINES = 100;
/** How many starts the control unit is allowed. */
const CONTROL_STARTS = 2;

/** Starts a unit that writes lines some times; tells how many starts were done and how many lines have arrived. */
const SCRIPT = `word=$1; starts=$2; lines=$3; burst=$4; allowed=$5
folder=/run/systemd/system
find "$folder" -maxdepth 1 -name 'shakedown-probe-*.service' -mmin +10 -delete
trap 'systemctl stop "$word-control.service" "$word-lifted.service" 2>/dev/null
  systemctl reset-failed "$word-control.service" "$word-lifted.service" 2>/dev/null
  rm -f "$folder/$word-control.service" "$folder/$word-lifted.service"; systemctl daemon-reload' EXIT
unit() {
  printf '%s\\n' '[Unit]' "StartLimitIntervalSec=$2" "StartLimitBurst=$allowed" '[Service]' 'Type=oneshot' 'RemainAfterExit=yes' \\
    "SyslogIdentifier=$word-$1" "LogRateLimitIntervalSec=$3" "LogRateLimitBurst=$4" \\
    "ExecStart=/bin/sh -c 'i=0; while [ \\$\\$i -lt $lines ]; do echo line; i=\\$\\$((i+1)); done'" > "$folder/$word-$1.service"
}
unit control 60s 60s 1 || exit 90
unit lifted 0 1s "$burst" || exit 90
systemctl daemon-reload || exit 90
for kind in control lifted; do
  done=0
  for start in $(seq "$starts"); do systemctl restart "$word-$kind.service" 2>/dev/null && done=$((done + 1)); done
  journalctl --sync || exit 90
  echo "$kind $done $(journalctl --quiet --no-pager --output=cat --identifier="$word-$kind" | grep -c '^line$')"
done`;

const known = new WeakMap<Transport, Promise<string[]>>();

/** Why what the soak relies on may not be so; empty: it is. Never rejects. Asked once over one transport. */
export function probeOptions(transport: Transport): Promise<string[]> {
  const before = known.get(transport);
  const doubts = before ?? probe(transport);
  if (before === undefined) known.set(transport, doubts);
  return doubts;
}

async function probe(transport: Transport): Promise<string[]> {
  const word = `shakedown-probe-${randomBytes(6).toString('hex')}`;
  const numbers = [STARTS, LINES, LOG_BURST, CONTROL_STARTS].map(String);
  const result = await transport.run(['sh', '-c', SCRIPT, 'sh', word, ...numbers], { timeoutMs: WITHIN_MS });
  if (!result.ran) return [`the options could not be probed: ${result.reason}`];
  return judgeProbe(result.stdout, result.stderr);
}

/** Reads what the script printed. */
export function judgeProbe(stdout: string, stderr = ''): string[] {
  const seen = new Map(
    [...stdout.matchAll(/^(control|lifted) (\d+) (\d+)$/gm)].map(([, kind = '', starts, lines]) => [
      kind,
      { starts: Number(starts), lines: Number(lines) },
    ]),
  );
  const control = seen.get('control');
  const lifted = seen.get('lifted');
  if (control === undefined || lifted === undefined)
    return [`the options could not be probed: ${stdout.trim()} ${stderr.trim()}`.trim()];
  const doubts: string[] = [];
  if (lifted.starts < STARTS)
    doubts.push(`StartLimitIntervalSec=0 is not in force: ${lifted.starts} of ${STARTS} starts were allowed`);
  // A limit that does not limit proves nothing about lifting it.
  if (control.starts !== CONTROL_STARTS)
    doubts.push(
      `StartLimitBurst=${CONTROL_STARTS} let ${control.starts} of ${STARTS} starts pass: the control does not tell`,
    );
  if (lifted.lines !== lifted.starts * LINES)
    doubts.push(
      `LogRateLimitBurst is not in force: ${lifted.lines} of ${lifted.starts * LINES} lines arrived`,
    );
  return doubts;
}
