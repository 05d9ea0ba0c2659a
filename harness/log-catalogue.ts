/**
 * What a clean log never holds: patterns with what they mean. Typed data, read by `soak/log-scan.ts` and by the
 * documentation; users add theirs under `logs.forbid` and allow known lines under `logs.allow`.
 */
import type { LogPattern } from './log-catalogue/log-pattern.ts';
import { NODE_LINES } from './log-catalogue/node-lines.ts';
import { PYTHON_LINES } from './log-catalogue/python-lines.ts';
import { SYSTEMD_LINES } from './log-catalogue/systemd-lines.ts';

/** Every pattern; the first one that matches a line names it. */
export const LOG_CATALOGUE: readonly LogPattern[] = [...NODE_LINES, ...PYTHON_LINES, ...SYSTEMD_LINES];
