/**
 * Tells somebody: once when a subject begins to fail, once when it passes again. What is to be told is in the ledger
 * before it is told, so that a restart of the watch in between loses nothing. Called by `watch.ts` after every look.
 */
import type { WatchConfig } from '../../harness/config/watch.ts';
import { deadlineIn, within } from '../../harness/deadline.ts';
import { localTransport } from '../../harness/transport/local.ts';
import { keyOf, type Ledger, type Look, type PendingAlert } from './ledger.ts';

/** A command that fails is run again at the next look, so often in all. */
const MAX_TRIES = 3;
/** More than the time of the command, in which it is ended. */
const LEFT_BEHIND_MS = 2_000;
export const ALERT_CHECK = 'alert-delivered';

/** Enters what these looks give to tell. */
export function planAlerts(ledger: Ledger, looks: readonly Look[], now: Date): void {
  for (const look of looks) {
    const key = keyOf(look);
    const told = ledger.told[key];
    if (look.outcome === 'fail' && told === undefined) {
      const since = now.toISOString();
      ledger.told[key] = { since };
      ledger.pending.push({ event: 'failed', look, since, tries: 0 });
    } else if (look.outcome === 'pass' && told !== undefined) {
      delete ledger.told[key];
      ledger.pending.push({ event: 'recovered', look, since: told.since, tries: 0 });
    }
  }
}

/** Runs the command for each that waits. @returns what became of it, as looks. */
export async function deliverAlerts(
  ledger: Ledger,
  alert: WatchConfig['alert'],
  facts: { service: string; folder: string; cwd: string },
  save: () => void,
): Promise<Look[]> {
  if (alert === undefined) {
    ledger.pending = [];
    return [];
  }
  const looks: Look[] = [];
  for (const pending of [...ledger.pending]) {
    const problem = await deliver(pending, alert, facts);
    pending.tries += 1;
    if (problem === undefined || pending.tries >= MAX_TRIES)
      ledger.pending = ledger.pending.filter((each) => each !== pending);
    save();
    looks.push(deliveredLook(pending, problem));
  }
  return looks;
}

async function deliver(
  { event, look, since }: PendingAlert,
  { command, withinMs }: NonNullable<WatchConfig['alert']>,
  { service, folder, cwd }: { service: string; folder: string; cwd: string },
): Promise<string | undefined> {
  const { check, subject, outcome, message } = look;
  const running = localTransport.run(command, {
    cwd,
    timeoutMs: withinMs,
    input: `${JSON.stringify({ event, service, since, folder, verdict: { stage: 'watch', ...look } })}\n`,
    environment: {
      ...definedOnly(process.env),
      SHAKEDOWN_EVENT: event,
      SHAKEDOWN_SERVICE: service,
      SHAKEDOWN_CHECK: check,
      SHAKEDOWN_SUBJECT: subject,
      SHAKEDOWN_OUTCOME: outcome,
      SHAKEDOWN_MESSAGE: message,
      SHAKEDOWN_SINCE: since,
    },
  });
  // What it leaves behind may hold its output for ever, and no job would look any more.
  const waited = await within(running, deadlineIn(withinMs + LEFT_BEHIND_MS, 'the alert command'));
  if (!waited.met) return `${waited.reason}: something that it started may hold its output`;
  const result = waited.value;
  if (!result.ran) return result.reason;
  return result.code === 0
    ? undefined
    : `it ended with ${result.code}: ${result.stderr.trim().slice(0, 300)}`;
}

function deliveredLook({ event, look, tries }: PendingAlert, problem: string | undefined): Look {
  const what = `${event}: ${look.check} ${look.subject}`;
  return {
    check: ALERT_CHECK,
    subject: 'watch.alert',
    outcome: problem === undefined ? 'pass' : 'fail',
    message:
      problem === undefined
        ? `told: ${what}`
        : `not told (try ${tries} of ${MAX_TRIES}): ${what}: ${problem}`,
    ...(problem === undefined
      ? {}
      : { fix: 'run watch.alert.command by hand with a line of JSON on its standard input' }),
  };
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
