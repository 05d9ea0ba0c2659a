/**
 * The failure modes of running services that are known, by number, and where each is looked for. Scenarios name the
 * modes that they provoke; this is the rest of the list: modes that another part looks for, and those that cannot be
 * provoked here, with the reason. Rendered into `soak/README.md`, and compared with it by a test.
 */
import type { FaultScenario } from './fault.ts';

/** Where a mode is looked for besides the fault scenarios, or why it is not. */
export interface FailureMode {
  failure: string;
  /** Another part that provokes or sees it. */
  elsewhere?: string;
  /** Why nothing here provokes it. */
  not?: string;
}

const UNIT =
  'needs a systemd: the machine (`shakedown machine test`), or `soak --supervisor systemd` on a target';

export const FAILURE_MODES: Readonly<Record<number, FailureMode>> = {
  1: { failure: 'a stop signal during the start' },
  2: { failure: 'the stop signal twice' },
  3: { failure: 'requests in flight are cut', elsewhere: 'restart-loop: `requests-kept`' },
  4: { failure: 'close() never ends under keep-alive' },
  5: { failure: 'a connection becomes idle after close began' },
  6: { failure: 'connected, and no request sent' },
  7: { failure: 'an event stream is open', elsewhere: 'restart-loop: `streams-ended`' },
  8: { failure: 'a WebSocket is open' },
  9: { failure: '503 to accepted requests while draining', elsewhere: 'restart-loop: `requests-kept`' },
  10: { failure: 'new requests are accepted for ever' },
  11: { failure: 'connections refused in the gap', elsewhere: 'restart-loop: `requests-kept`, counted' },
  12: {
    failure: 'keepAliveTimeout shorter than that of the proxy',
    not: 'needs the proxy of the deployment: the deployment rules check the numbers, the machine has nginx',
  },
  13: { failure: 'SIGKILL in the middle of a write' },
  14: { failure: 'the disk is full' },
  15: {
    failure: 'a power cut after a rename',
    elsewhere: 'a database that cannot be read: database-damaged',
    not: 'the page cache of one process cannot be dropped; the damage that it leaves is put there',
  },
  16: { failure: 'a stale pid file or lock' },
  17: { failure: 'an empty lock' },
  18: { failure: 'EADDRINUSE by overlap' },
  19: {
    failure: 'EADDRINUSE by a port of clients',
    elsewhere:
      'the harness: ports below 32768, each proved free; a port that is taken is no finding about the service',
  },
  20: { failure: 'a unix socket file is left over' },
  21: { failure: 'the handler of the stop signal rejects' },
  22: { failure: 'the handler never ends the process', elsewhere: 'restart-loop: `exited-in-time`' },
  23: { failure: 'npm or a shell is the main process' },
  24: {
    failure: 'a wrong exit code after a clean stop',
    elsewhere: 'every scenario; restart-loop: `exit-code`',
  },
  25: { failure: 'StartLimitBurst', elsewhere: 'soak of a unit: refused starts are counted', not: UNIT },
  26: { failure: 'TriggerLimit of a socket', not: UNIT },
  27: { failure: 'the watchdog is missed', not: UNIT },
  28: { failure: 'the event loop is blocked: the signal comes late' },
  29: { failure: 'never READY', elsewhere: 'restart-loop: `became-ready`; the machine: rolled back' },
  30: { failure: 'the notify helper is missing', not: UNIT },
  31: { failure: 'the wall clock steps' },
  32: { failure: 'no DNS at start or stop' },
  33: { failure: 'the database is locked' },
  34: { failure: 'the stop outlives the busy timeout of the database' },
  35: { failure: 'the end of a pool hangs' },
  36: { failure: 'the timer of a pool keeps the loop alive' },
  37: { failure: 'the limit of descriptors' },
  38: {
    failure: 'descriptors, sockets, listeners leak',
    elsewhere: 'restart-loop: `descriptors-stable`, `children-stable`',
  },
  39: { failure: 'memory grows' },
  40: { failure: 'the reader of the log has gone' },
  41: {
    failure: 'the exit comes before the log is flushed',
    elsewhere: 'planted lines: `log-clean` is unknown',
  },
  42: {
    failure: 'a rate limit hides errors',
    elsewhere: 'reading of the journal: a gap is unknown',
    not: UNIT,
  },
  43: { failure: 'lines of the journal without a unit', elsewhere: 'reading of the journal', not: UNIT },
  44: { failure: 'orphaned children', elsewhere: 'every scenario: survivors; restart-loop: `no-survivors`' },
  45: { failure: 'zombies', elsewhere: 'restart-loop: `children-stable`' },
  46: { failure: 'a handler of unhandledRejection that goes on' },
  47: { failure: 'a bad configuration: a crash loop' },
  48: { failure: 'a frozen process' },
  49: {
    failure: 'out of memory',
    not: 'a memory limit is not in force without a control group of one’s own; what the killer does is killed-under-load',
  },
  50: { failure: 'not enabled: dead after a reboot', elsewhere: 'the machine', not: UNIT },
  51: { failure: 'an old release still answers', elsewhere: 'the machine: `verify.sh`', not: UNIT },
  52: { failure: 'the target of a rollback is dead', elsewhere: 'the machine: `rollback.sh`', not: UNIT },
};

/** A row for each mode. */
export function renderModes(faults: readonly FaultScenario[]): string {
  const rows = Object.entries(FAILURE_MODES).map(([number, { failure, elsewhere, not }]) => {
    const provoked = faults.filter(({ modes }) => modes.includes(Number(number))).map(({ name }) => name);
    const where = [...provoked, ...(elsewhere === undefined ? [] : [elsewhere])].join(', ');
    return `| ${number} | ${failure} | ${where} | ${not ?? ''} |`;
  });
  return ['| # | failure | where it is looked for | why not here |', '|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

/** A row for each fault scenario. */
export function renderFaults(faults: readonly FaultScenario[]): string {
  const rows = faults.map(
    ({ name, group, title, modes, important }) =>
      `| \`${name}\` | ${group} | ${title} | ${modes.join(', ')} | ${important ? 'yes' : ''} |`,
  );
  return [
    '| scenario | group | what must hold | modes | important |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
