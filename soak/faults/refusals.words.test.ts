/** Which last words of a service that could not start are a reason, and which are not. */
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import type { Observation } from '../../harness/observation.ts';
import badConfiguration from '../scenarios/faults/bad-configuration.ts';
import databaseDamaged from '../scenarios/faults/database-damaged.ts';
import databaseLocked from '../scenarios/faults/database-locked.ts';
import portTaken from '../scenarios/faults/port-taken.ts';
import secondInstance from '../scenarios/faults/second-instance.ts';
import type { FaultScenario } from './fault.ts';

const { limits } = configSchema.parse({});

/** What is said of its last words, of all that the scenario judges. */
function saidOf(scenario: FaultScenario, words: string): string[] {
  const cases = scenario.cases?.({ service: {} } as never) ?? [];
  const name = cases.find(({ ends }) => ends === 'refused')?.name ?? 'a start that it gives up';
  const heard = (what: string, said: string) =>
    ({ kind: 'heard', cycle: 1, what, words: said, at: '2026-01-01T00:00:00.000Z', monotonicMs: 1 }) as const;
  const observations: Observation[] = [heard('variables', 'APP_PORT'), heard('last words', words)];
  const history = { case: { cycle: 1, name, ends: 'refused' as const }, observations, all: observations };
  return (scenario.judge?.(history, limits) ?? [])
    .filter(({ message }) => /^it said why|last (words|lines)/.test(message))
    .map(({ outcome }) => outcome);
}

const ROWS: readonly [FaultScenario, string, 'pass' | 'fail'][] = [
  [portTaken, 'Error: listen EADDRINUSE: address already in use 127.0.0.1:8080', 'pass'],
  [portTaken, 'starting | cannot start: port 8080 is taken | bye', 'pass'],
  [portTaken, 'listening on port 8080', 'fail'],
  [portTaken, 'reporting failed', 'fail'],
  [portTaken, 'starting | bye', 'fail'],
  [portTaken, '', 'fail'],
  [secondInstance, 'another instance is already running (pid 17)', 'pass'],
  [secondInstance, 'the data folder is locked', 'pass'],
  [secondInstance, 'blocked by the event loop', 'fail'],
  [secondInstance, 'server on port 8080', 'fail'],
  [databaseDamaged, 'SqliteError: file is not a database', 'pass'],
  [databaseDamaged, 'cannot start: the database could not be read', 'pass'],
  [databaseDamaged, 'opening the database', 'fail'],
  [databaseDamaged, 'TypeError: undefined is not a function', 'fail'],
  [databaseLocked, 'SQLITE_BUSY: database is locked', 'pass'],
  [databaseLocked, 'clock set, blocks read', 'fail'],
  [badConfiguration, 'APP_PORT is "no-port", expected a number', 'pass'],
  [badConfiguration, 'RangeError: options.port should be >= 0 and < 65536', 'fail'],
];

describe('the last words of', () => {
  it.each(ROWS.map(([scenario, ...row]) => [scenario.name, ...row, scenario] as const))(
    '%s: "%s" is a %s',
    (_name, words, outcome, scenario) => {
      expect(saidOf(scenario, words)).toEqual([outcome]);
    },
  );

  it('a service that nobody has heard is unknown', () => {
    const history = {
      case: { cycle: 1, name: 'a case', ends: 'refused' as const },
      observations: [],
      all: [],
    };
    expect(portTaken.judge?.(history, limits)).toMatchObject([{ outcome: 'unknown' }]);
  });
});
