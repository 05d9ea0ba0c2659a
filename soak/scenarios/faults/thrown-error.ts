/** Something throws where nobody catches it, and a promise is rejected that nobody awaits. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FaultScenario } from '../../faults/fault.ts';
import { folderOf } from '../../faults/places.ts';
import { saysWhy } from '../../faults/refusals.ts';
import type { Trial } from '../../faults/trial.ts';
import type { Life } from '../one-life.ts';
import { ScenarioAborted } from '../scenario.ts';

const CASES: Readonly<Record<string, string>> = {
  'an exception that nobody catches': 'exception',
  'a rejection that nobody handles': 'rejection',
};
const PRELOAD = fileURLToPath(new URL('../../preload/faults/throw-error.cjs', import.meta.url));
const WORD = 'shakedown threw this';

const scenario: FaultScenario = {
  name: 'thrown-error',
  group: 'crash',
  title: 'an error that nobody handles ends the process, with a code other than 0 and a line that says why',
  why: 'a process that goes on after an error nobody expected answers with half of its parts; one that ends with 0 is not restarted',
  fix: 'let uncaughtException and unhandledRejection log the error and run the shutdown with exit code 1, or leave both to Node',
  modes: [21, 46],
  important: true,
  logless: 'the error that was thrown stands in it, as it should',
  cannotRun: (_host, { service }) =>
    service.command[0] === 'node' ? undefined : 'service.command is not node: nothing can be loaded into it',
  cases: () => Object.keys(CASES).map((name) => ({ name, ends: 'failed' })),
  async run(trial) {
    const seen = join(folderOf(trial, 'thrown'), `seen-${trial.case.cycle}`);
    const other = trial.other(trial.case.name, (service) => ({
      ...service,
      env: {
        ...service.env,
        NODE_OPTIONS: `${service.env['NODE_OPTIONS'] ?? ''} --require ${JSON.stringify(PRELOAD)}`.trim(),
        SHAKEDOWN_THROW: CASES[trial.case.name] ?? '',
        SHAKEDOWN_THROW_SEEN: seen,
      },
    }));
    const life = await other.startReady();
    await life.instance.signal('SIGWINCH');
    life.signalAtMs = performance.now();
    const isThrown = (): true | undefined => (existsSync(seen) ? true : undefined);
    const thrown = await other.until(isThrown, 5_000, 'the error to be thrown');
    if (!thrown.met) throw new ScenarioAborted(`the error was not thrown: ${thrown.reason}`);
    trial.struck(`it was thrown inside the service: ${trial.case.name}`);
    await endAndHear(other, life);
  },
  judge: (history) => saysWhy(history, new RegExp(WORD), 'the error that was thrown'),
};
export default scenario;

async function endAndHear(trial: Trial, life: Life): Promise<void> {
  try {
    await trial.end(life);
  } finally {
    trial.heard(
      'last words',
      trial
        .linesOf(life)
        .filter((line) => line.includes(WORD))
        .join(' | '),
    );
  }
}
