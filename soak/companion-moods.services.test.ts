/** The scenario companion-moods over real services, each with one misbehaviour. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { UserConfig } from '../harness/config.ts';
import { carriesVariable, listProcesses } from '../harness/supervisors/proc.ts';
import { RUN_MARK_VARIABLE } from '../harness/stage.ts';
import { judgeHistory } from './judge-history.ts';
import { MOOD_CHECKS } from './moods/mood-judges.ts';
import { moodsConfig, type MoodsRun, runMoods } from './fixtures/run-moods.ts';
import type { TestContext } from './test-context.ts';

const contexts: TestContext[] = [];
afterEach(() => {
  for (const context of contexts.splice(0)) {
    const left = listProcesses().filter(
      ({ pid, state }) => state !== 'Z' && carriesVariable(pid, RUN_MARK_VARIABLE, context.runMark),
    );
    context.remove();
    expect(left).toEqual([]);
  }
});

const run = async (...args: Parameters<typeof runMoods>): Promise<MoodsRun> => {
  const result = await runMoods(...args);
  contexts.push(result.context);
  return result;
};

describe('companion-moods', () => {
  it('passes a service that behaves well in every mood, with a log and a place in the table for each', async () => {
    const moods = ['healthy', 'silent', 'resetting', '500'];
    const { wrong, find, context } = await run(moodsConfig('honest', moods));
    expect(wrong).toEqual([]);
    // Six judges on each life, one on the whole, and what was left out: the other scenario, and the faults.
    expect(context.verdicts).toHaveLength(moods.length * 6 + 3);
    expect(new Set(context.verdicts.map(({ check }) => check))).toEqual(
      new Set([...MOOD_CHECKS, 'scenario-chosen']),
    );
    expect(find('mood-told', 'silent')?.message).toMatch(/^told "down" after [\d.]+ ms$/);
    const files = readdirSync(context.files.folder).sort();
    expect(files).toEqual([
      'exchanges.log',
      'mood-01-alpha-healthy.log',
      'mood-02-alpha-silent.log',
      'mood-03-alpha-resetting.log',
      'mood-04-alpha-500.log',
      'moods.json',
      'moods.md',
      'moods.ndjson',
    ]);
    const table = readFileSync(join(context.files.folder, 'moods.md'), 'utf8');
    expect(table).toMatch(
      /\| \*\*alpha\*\* \| ready \d\.\d\d s, told "connected" \d\.\d\d s, stopped \d\.\d\d s \|/,
    );
    expect(table).not.toMatch(/FAIL|UNKNOWN/);
    // Judged again, from the folder alone, it comes out the same; with another limit it does not.
    expect(await judgeHistory(context.files.folder, context.config)).toEqual(context.verdicts);
    const strict = { ...context.config, limits: { ...context.config.limits, readyWithinMs: 1 } };
    const again = await judgeHistory(context.files.folder, strict);
    expect(again.filter(({ outcome }) => outcome === 'fail').map(({ check }) => check)).toEqual(
      moods.map(() => 'mood-start'),
    );
  });

  const cases: [service: string, moods: string[], wrong: string[], check: string, message: RegExp][] = [
    [
      'lies',
      ['healthy', 'silent'],
      ['fail mood-told alpha silent'],
      'mood-told',
      /^said "connected"; in 2000 ms it should have said "down"$/,
    ],
    [
      'flickers',
      ['500'],
      ['fail mood-told alpha 500'],
      'mood-told',
      /^told "down" .* later "connected" while the mood went on; true would be "down"$/,
    ],
    [
      'says-nothing',
      ['healthy'],
      ['unknown mood-told alpha healthy'],
      'mood-told',
      /expected a word at \/exchanges where {"id":"alpha"}, status, got nothing/,
    ],
    [
      'dies-when-silent',
      ['healthy', 'silent'],
      ['fail mood-stayed-up alpha silent'],
      'mood-stayed-up',
      /^it ended while .* \(code 1\): .*alpha did not answer/,
    ],
    [
      'unready-when-reset',
      ['resetting'],
      ['fail mood-stayed-up alpha resetting'],
      'mood-stayed-up',
      /^no longer ready .* answered 503, expected 200/,
    ],
    [
      'hangs-when-reset',
      ['healthy', 'resetting'],
      ['fail mood-stopped alpha resetting'],
      'mood-stopped',
      /^still running \d+ ms after the stop signal/,
    ],
    [
      'exits-3-when-reset',
      ['resetting'],
      ['fail mood-stopped alpha resetting'],
      'mood-stopped',
      /^ended by code 3; expected code 0$/,
    ],
    [
      'rejects-when-500',
      ['healthy', '500'],
      ['fail mood-log-clean alpha 500'],
      'mood-log-clean',
      /^unhandled-rejection/,
    ],
    [
      'refuses',
      ['healthy', '500'],
      ['fail mood-start alpha 500'],
      'mood-start',
      /^it refused to start, and "500" is not in soak\.moods\.mayRefuse: .*cannot be reached: status 500/,
    ],
    [
      'honest',
      ['ignored'],
      ['unknown mood-struck alpha ignored'],
      'mood-struck',
      /^the mood "ignored" did not strike: alpha counted nothing/,
    ],
    [
      'honest',
      ['angry', 'healthy'],
      ['unknown mood-struck alpha angry'],
      'mood-struck',
      /control port failed \(set\): PUT \/alpha\/mood answered 400: .*no mood angry/,
    ],
  ];
  it.each(cases)('%s in %j: %j', async (service, moods, expected, check, message) => {
    const { wrong, context } = await run(moodsConfig(service, moods));
    // Its last words are a forbidden line too, where it dies of an error that nobody caught.
    expect(wrong.filter((line) => !(service.startsWith('dies') && line.includes('log-clean')))).toEqual(
      expected,
    );
    const found = context.verdicts.find((one) => one.check === check && one.outcome !== 'pass');
    expect(found?.message).toMatch(message);
    expect(found?.fix).toBeTruthy();
  });

  it('lets a service refuse where it may, if it says why and leaves nothing', async () => {
    const { wrong, find, context } = await run(
      moodsConfig('refuses', ['healthy', '500'], { mayRefuse: ['500'] }),
    );
    expect(wrong).toEqual([]);
    expect(find('mood-start', '500')).toMatchObject({
      outcome: 'pass',
      message: 'refused with code 1, and said why: alpha cannot be reached: status 500',
    });
    expect(find('mood-told', '500')?.outcome).toBe('skip');
    expect(find('mood-stopped', '500')?.message).toBe('it left nothing behind when it refused to start');
    expect(readFileSync(join(context.files.folder, 'moods.md'), 'utf8')).toContain('| refused to start |');
  });

  it('does not take a refusal without a reason', async () => {
    const config = moodsConfig('refuses-without-a-word', ['500'], { mayRefuse: ['500'] });
    const { wrong, find } = await run(config);
    expect(wrong).toEqual(['fail mood-start alpha 500']);
    expect(find('mood-start', '500')?.message).toBe(
      'it refused with code 1 without a word about alpha: starting',
    );
  });

  it('passes nothing once the companion is gone, and does not try what it cannot reach', async () => {
    const { wrong, context } = await run(
      moodsConfig('honest', ['healthy', 'silent', '500']),
      async (companion) => {
        await companion.stop();
      },
    );
    expect(wrong).toEqual(['unknown mood-struck alpha healthy', 'unknown moods-complete companion-moods']);
    expect(context.verdicts.filter(({ outcome }) => outcome === 'pass')).toEqual([]);
    const others = context.verdicts.filter(({ subject }) => subject === 'alpha 500');
    expect(new Set(others.map(({ because }) => because))).toEqual(new Set(['moods-complete']));
  });

  it('ends what it started when it is interrupted, and passes nothing it did not see', async () => {
    const config = moodsConfig('honest', ['healthy', 'silent', '500'], { holdMs: 60_000 });
    const { wrong, context } = await run(config, (_companion, { abort }) => void setTimeout(abort, 900));
    expect(wrong).toContain('unknown moods-complete companion-moods');
    const told = context.verdicts.filter(
      ({ check }) => check === 'mood-stayed-up' || check === 'mood-stopped',
    );
    expect(new Set(told.map(({ outcome }) => outcome))).toEqual(new Set(['unknown']));
  });
});

describe('the restart loop beside a companion', () => {
  const looped = (service: string): UserConfig => {
    const config = moodsConfig(service, ['healthy']);
    const load = { requestsPerSecond: 100, beforeStopMs: 700, requests: [{ path: '/health' }] };
    return { ...config, soak: { cycles: 1, settleWithinMs: 1_000, load } };
  };

  it.each([
    ['connects-late', 'pass', /no descriptors more/],
    ['leaks-connections', 'fail', /socket to a companion \+\d\d/],
  ])('%s: %s', async (service, outcome, message) => {
    const { context } = await run(looped(service));
    const found = context.verdicts.find(({ check }) => check === 'descriptors-stable');
    expect(found?.message).toMatch(message);
    expect(found?.outcome).toBe(outcome);
  });
});
