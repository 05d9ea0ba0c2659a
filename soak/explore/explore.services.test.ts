/** Explorations of real services: two seeded faults of order, found and shrunk, and their healthy twins. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import type { Step } from '../../harness/observations/explore.ts';
import { RUN_MARK_VARIABLE } from '../../harness/stage.ts';
import { findFreePort } from '../../harness/supervisors/ports.ts';
import { carriesVariable, listProcesses } from '../../harness/supervisors/proc.ts';
import { createTestContext, type TestContext } from '../test-context.ts';
import { exploreStage, type ExploreOptions } from './explore-stage.ts';
import { EXPLORE_FILE, judgeExploration } from './judge-exploration.ts';
import { replayStage } from './replay.ts';
import { readSchedule, SCHEDULES_FOLDER, type Schedule } from './schedule.ts';

// A fault is looked for until it is found: that takes what it takes.
vi.setConfig({ testTimeout: 180_000 });

const contexts: TestContext[] = [];
afterEach(() => {
  for (const context of contexts.splice(0)) context.remove();
});

function contextFor(file: string, more: { port?: number } = {}): TestContext {
  const context = createTestContext({
    service: {
      command: ['node', `fixtures/services/${file}`],
      env: { PORT: '{port}', DATA: '{scratch}', DRAIN_MS: '150' },
      readiness: { http: '/health' },
      readyWithinMs: 8_000,
      exitWithinMs: 5_000,
      ...more,
    },
  });
  contexts.push(context);
  return context;
}

const OPTIONS: ExploreOptions = { budgetMs: 100_000, lanes: 1, findings: 1, minCases: 4, again: 8 };
const told = ({ verdicts }: TestContext) => verdicts.map(({ outcome, check }) => `${outcome} ${check}`);

function carriersOf({ runMark }: TestContext): number[] {
  return listProcesses()
    .filter(({ pid }) => carriesVariable(pid, RUN_MARK_VARIABLE, runMark))
    .map(({ pid }) => pid);
}

describe('an exploration', () => {
  it.each([
    ['two-step-lock.js', 'one-step-lock.js', /^start-and-(kill|stop) start/],
    ['crashes-on-second-signal.js', 'healthy.js', /^start stop-twice$/],
  ])('finds the fault of %s in two steps; replayed, %s does not have it', async (bad, healthy, expected) => {
    const context = contextFor(bad);
    await exploreStage(OPTIONS).run(context);
    const messages = context.verdicts.map(({ message }) => message).join('\n');
    expect(told(context).at(-1), messages).toBe('pass explored-enough');
    // A signal can meet it in the moment in which it ends, which is another way to fail.
    expect(new Set(told(context).slice(0, -1)), messages).toEqual(new Set(['fail schedules-hold']));
    expect(judgeExploration(context.files.folder, context.config.limits)).toEqual(context.verdicts);
    const folder = join(context.files.folder, SCHEDULES_FOLDER);
    const [file = ''] = readdirSync(folder);
    const schedule = readSchedule(join(folder, file));
    expect(schedule.steps.map((step) => step.do).join(' ')).toMatch(expected);
    expect(schedule.steps).toHaveLength(2);
    expect(schedule.seen).toBeGreaterThan(0);

    const twin = contextFor(healthy);
    await replayStage({ schedules: [schedule], times: 3, lanes: 1 }).run(twin);
    expect(told(twin), twin.verdicts.map(({ message }) => message).join('\n')).toEqual([
      'pass schedules-hold',
      'pass explored-enough',
    ]);
    expect([...carriersOf(context), ...carriersOf(twin)]).toEqual([]);
  });

  it.each<{ bad: string; steps: Step[]; says: RegExp }>([
    {
      bad: 'ends-when-late.js',
      steps: [{ do: 'start' }, { do: 'freeze', forMs: 2_500 }, { do: 'stop' }],
      says: /it ended unasked \(code 1\): the event loop was blocked/,
    },
    {
      bad: 'knows-sigterm-only.js',
      steps: [{ do: 'start' }, { do: 'interrupt' }],
      says: /told SIGINT once it was ready, it ended with SIGINT/,
    },
    {
      bad: 'crashes-on-second-signal.js',
      steps: [{ do: 'start' }, { do: 'stop-and-interrupt', gapPercent: 10 }],
      says: /told SIGTERM, SIGINT once it was ready, it ended with code 1/,
    },
    {
      bad: 'ends-when-late.js',
      steps: [{ do: 'start' }, { do: 'freeze-and-stop', forMs: 2_500 }],
      says: /told SIGTERM once it was ready, it ended with code 1/,
    },
  ])('replays $steps.1.do: $bad fails, its twin does not', async ({ bad, steps, says }) => {
    const schedule: Schedule = {
      ...{ schedule: 1, signature: 'told', message: 'told', service: bad, seed: 1, seen: 1, of: 1 },
      steps,
    };
    const [context, twin] = [contextFor(bad), contextFor('well-behaved.js')];
    await replayStage({ schedules: [schedule], times: 1, lanes: 1 }).run(context);
    const messages = context.verdicts.map(({ message }) => message).join('\n');
    expect(told(context), messages).toContain('fail schedules-hold');
    expect(messages).toMatch(says);
    await replayStage({ schedules: [schedule], times: 1, lanes: 1 }).run(twin);
    expect(told(twin), twin.verdicts.map(({ message }) => message).join('\n')).toEqual([
      'pass schedules-hold',
      'pass explored-enough',
    ]);
  });

  it('of a healthy service on two lanes comes to every kind of step, and passes', async () => {
    const context = contextFor('healthy.js');
    await exploreStage({ ...OPTIONS, lanes: 2, cases: 8 }).run(context);
    expect(told(context), context.verdicts.map(({ message }) => message).join('\n')).toEqual([
      'pass schedules-hold',
      'pass explored-enough',
    ]);
    expect(carriersOf(context)).toEqual([]);
  });

  it('whose port somebody else holds says nothing about the service', async () => {
    const stranger = createServer();
    const port = await findFreePort('127.0.0.1');
    await new Promise<void>((resolve) => stranger.listen(port, '127.0.0.1', resolve));
    const context = contextFor('healthy.js', { port });
    await exploreStage(OPTIONS).run(context);
    stranger.close();
    expect(told(context)).toEqual(['unknown schedules-hold', 'unknown explored-enough']);
    expect(context.verdicts[1]?.message).toContain('is taken before the start');
  });

  it('that was too short for a case proves nothing', async () => {
    const context = contextFor('healthy.js');
    await exploreStage({ ...OPTIONS, budgetMs: 1 }).run(context);
    expect(told(context)).toEqual(['unknown schedules-hold', 'unknown explored-enough']);
  });

  it('that cannot write on one lane has ended on every lane when it says so', async () => {
    const context = contextFor('healthy.js');
    const { appendLine } = context.files;
    let refused: unknown;
    context.files = {
      ...context.files,
      appendLine(file, value) {
        // Everything of one case, from the middle of a life: what the other lane sees can be written.
        const of = 'case' in value ? value.case : undefined;
        if (refused === undefined && 'kind' in value && value.kind === 'schedule-ready') refused = of;
        if (refused !== undefined && of === refused) throw new Error('no space left on device');
        appendLine(file, value);
      },
    };
    await expect(exploreStage({ ...OPTIONS, lanes: 2 }).run(context)).rejects.toThrow('no space left');
    const path = join(context.files.folder, EXPLORE_FILE);
    const size = statSync(path).size;
    const later = await poll(
      () => (carriersOf(context).length > 0 || statSync(path).size > size ? true : undefined),
      deadlineIn(2_000, 'something that goes on'),
    );
    expect(later.met, 'a lane went on after the end').toBe(false);
  });

  it('that is interrupted leaves nothing running and can be judged', async () => {
    const context = contextFor('healthy.js');
    const exploring = exploreStage({ ...OPTIONS, lanes: 2 }).run(context);
    const path = join(context.files.folder, EXPLORE_FILE);
    const underway = await poll(
      () => (readFileSync(path, 'utf8').includes('schedule-ready') ? true : undefined),
      deadlineIn(20_000, 'a life of the exploration'),
    );
    expect(underway.met).toBe(true);
    context.abort();
    await exploring;
    expect(carriersOf(context)).toEqual([]);
    expect(told(context)).toEqual(['unknown schedules-hold', 'unknown explored-enough']);
  });
});
