/** The patterns a log is scanned for: the catalogue's, the user's, and those the user allows. Used by `log-scan.ts`. */
import type { LogsConfig } from '../harness/config.ts';
import { UsageError, errorText } from '../harness/errors.ts';
import { LOG_CATALOGUE } from '../harness/log-catalogue.ts';
import type { LogSeverity } from '../harness/log-catalogue/log-pattern.ts';
import { PLANT_PREFIX } from './planted-line.ts';

export interface ForbiddenPattern {
  id: string;
  expression: RegExp;
  meaning: string;
  severity: LogSeverity;
}

export interface Allowance {
  expression: RegExp;
  pattern: string;
  reason: string;
}

/** Everything that is forbidden. Throws UsageError, naming the key, for a pattern that is no regular expression. */
export function forbiddenPatterns(logs: LogsConfig): ForbiddenPattern[] {
  const own = LOG_CATALOGUE.map(({ id, pattern, meaning, severity }) => ({
    id,
    meaning,
    severity,
    expression: new RegExp(pattern),
  }));
  const users = logs.forbid.map(({ id, pattern, meaning }, index) => ({
    id,
    meaning,
    severity: 'error' as const,
    expression: compile(pattern, `logs.forbid[${index}].pattern`),
  }));
  return [...own, ...users];
}

/** A few expressions that find every line worth a closer look in one pass over many lines. */
export function prefilters(logs: LogsConfig): RegExp[] {
  const combined = [...LOG_CATALOGUE.map(({ pattern }) => `(?:${pattern})`), PLANT_PREFIX].join('|');
  // Users' patterns stay apart: their groups and references would change their meaning in a combination.
  return [new RegExp(combined, 'gm'), ...logs.forbid.map(({ pattern }) => new RegExp(pattern, 'gm'))];
}

/** What is allowed, in the order of the configuration. Throws UsageError, naming the key. */
export function allowances(logs: LogsConfig): Allowance[] {
  return logs.allow.map(({ pattern, reason }, index) => ({
    pattern,
    reason,
    expression: compile(pattern, `logs.allow[${index}].pattern`),
  }));
}

function compile(pattern: string, key: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new UsageError(`${key}: ${errorText(error)}; expected the source text of a regular expression`);
  }
}
