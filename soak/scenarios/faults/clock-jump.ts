/** The wall clock jumps by an hour, forwards or back, while the service runs, and again while it stops. */
import { fileURLToPath } from 'node:url';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultScenario } from '../../faults/fault.ts';
import { folderOf } from '../../faults/places.ts';
import { busyMs } from '../../faults/output.ts';
import { observed } from '../../judges/judge.ts';

const HOUR_MS = 3_600_000;
const CASES: Readonly<Record<string, number>> = {
  'an hour forwards': HOUR_MS,
  'an hour back': -HOUR_MS,
};
const PRELOAD = fileURLToPath(new URL('../../preload/faults/shift-clock.cjs', import.meta.url));
const HOLD_MS = 1_000;
const BUSY_SHARE = 0.9;

const scenario: FaultScenario = {
  name: 'clock-jump',
  group: 'time',
  title: 'a clock that jumps neither ends it, nor keeps it busy, nor holds its exit',
  why: 'a clock is set right after a machine was suspended or its time server was away: loops that catch up and deadlines by the wall clock then run for ever, or not at all',
  fix: 'measure durations with performance.now(); use the wall clock only to say what time it is',
  modes: [31],
  important: false,
  cannotRun: ({ hasProc }, { service }) =>
    service.command[0] !== 'node'
      ? 'service.command is not node: nothing can be loaded into it'
      : hasProc
        ? undefined
        : 'there is no /proc to see what it uses of the processor',
  cases: () => Object.keys(CASES).map((name) => ({ name, ends: 'clean' })),
  async run(trial) {
    const folder = folderOf(trial, 'clock');
    const byMs = CASES[trial.case.name] ?? 0;
    const seen = join(folder, `seen-${trial.case.cycle}`);
    const other = trial.other(trial.case.name, (service) => ({
      ...service,
      env: {
        ...service.env,
        NODE_OPTIONS: `${service.env['NODE_OPTIONS'] ?? ''} --require ${JSON.stringify(PRELOAD)}`.trim(),
        SHAKEDOWN_CLOCK_BY_MS: String(byMs),
        SHAKEDOWN_CLOCK_STOP_SIGNAL: service.stopSignal,
        SHAKEDOWN_CLOCK_SEEN: seen,
      },
    }));
    const life = await other.startReady();
    await life.instance.signal('SIGWINCH');
    const jumps = (): string[] =>
      existsSync(seen) ? readFileSync(seen, 'utf8').split('\n').slice(0, -1) : [];
    const jumped = await other.until(() => jumps()[0], 2_000, 'the clock to jump');
    if (jumped.met) trial.struck(jumped.value);
    const [before, from] = [busyMs(life.instance.pid), performance.now()];
    await other.hold(HOLD_MS);
    trial.measured('busyShare', (busyMs(life.instance.pid) - before) / (performance.now() - from));
    other.demandAlive(life, 'after its clock had jumped');
    await other.awaitReadiness(life, 5_000, 'after its clock had jumped');
    await other.signal(life);
    try {
      await other.end(life);
    } finally {
      trial.measured('jumps', jumps().length);
    }
  },
  judge: (history) => {
    const asked = observed(history, 'readiness-asked').at(-1);
    const measured = (name: string): number | undefined =>
      observed(history, 'measured').find(({ what }) => what === name)?.value;
    const share = measured('busyShare');
    // What is no number is written down as null.
    if (asked === undefined || !Number.isFinite(share ?? Number.NaN))
      return [{ outcome: 'unknown', message: 'it was not looked at after the jump' }];
    if (asked.notAsked !== undefined) return [{ outcome: 'skip', message: asked.notAsked }];
    if (!asked.ready) return [{ outcome: 'fail', message: `not ready after the jump: ${asked.reason}` }];
    if (share !== undefined && share > BUSY_SHARE)
      return [
        {
          outcome: 'fail',
          message: `it was busy for ${Math.round(share * 100)} % of the time after the jump`,
        },
      ];
    // One that has no handler, or ends in it, is gone before the second.
    const again = measured('jumps') === 2 ? 'it jumped again while it stopped' : 'it did not jump again';
    return [{ outcome: 'pass', message: `ready after the jump; ${again}` }];
  },
};
export default scenario;
