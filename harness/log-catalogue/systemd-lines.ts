/** Lines that systemd and journald write about a unit. Part of `harness/log-catalogue.ts`. */
import type { LogPattern } from './log-pattern.ts';

export const SYSTEMD_LINES: readonly LogPattern[] = [
  {
    id: 'systemd-stop-timeout',
    pattern: "State '[\\w-]+' timed out|[Ss]topping timed out|Killing process \\d+ .* with signal SIGKILL",
    meaning: 'the service did not stop within TimeoutStopSec and was killed',
    severity: 'fatal',
    example: "api.service: State 'stop-sigterm' timed out. Killing.",
  },
  {
    id: 'systemd-main-exited',
    pattern: 'Main process exited, code=(?:killed|dumped|exited, status=[1-9])',
    meaning: 'the main process ended by a signal, or with a code other than 0',
    severity: 'error',
    example: 'api.service: Main process exited, code=killed, status=9/KILL',
  },
  {
    id: 'systemd-failed',
    pattern: "Failed with result '[\\w-]+'",
    meaning: 'systemd counts the unit as failed',
    severity: 'error',
    example: "api.service: Failed with result 'timeout'.",
  },
  {
    id: 'systemd-start-limit',
    pattern: 'Start request repeated too quickly|start-limit-hit',
    meaning: 'restarts came faster than StartLimitBurst allows: the unit stays down',
    severity: 'fatal',
    example: 'api.service: Start request repeated too quickly.',
  },
  {
    id: 'systemd-leftover',
    pattern: 'Found left-over process|Unit process \\d+ .* remains running after unit stopped',
    meaning: 'processes of the unit outlived it',
    severity: 'error',
    example: 'api.service: Unit process 4242 (node) remains running after unit stopped.',
  },
  {
    id: 'systemd-watchdog',
    pattern: 'Watchdog timeout \\(limit',
    meaning: 'the service did not report in time: its event loop was blocked',
    severity: 'fatal',
    example: 'api.service: Watchdog timeout (limit 10s)!',
  },
  {
    id: 'journal-suppressed',
    pattern: 'Suppressed \\d+ messages from',
    meaning: 'journald threw lines away: what they said is not known',
    severity: 'error',
    example: 'Suppressed 7501 messages from api.service',
  },
];
