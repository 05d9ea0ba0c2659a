import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { configSchema, type UserConfig } from '../harness/config.ts';
import { UsageError } from '../harness/errors.ts';
import { createMask } from '../harness/mask.ts';
import { createRun } from '../harness/run-store.ts';
import type { Stage, StageContext } from '../harness/stage.ts';
import { createVerdict, type Outcome } from '../harness/verdict.ts';
import { createProgress } from './progress.ts';
import { describeRun } from './run-facts.ts';
import { runStage } from './run-stage.ts';

const folder = mkdtempSync(join(tmpdir(), 'shakedown-stage-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const verdict = (check: string, outcome: Outcome) =>
  createVerdict({ stage: 'soak', check, subject: 's', outcome, message: 'seen', startedAt: '' });

async function run(
  stage: Pick<Stage, 'run'> & { checks: string[] },
  user: UserConfig = {},
  signal = new AbortController().signal,
) {
  const config = configSchema.parse(user);
  const store = createRun(
    folder,
    describeRun({ command: 'test', seed: 1, projectRoot: folder }),
    config,
    createMask({}),
  );
  const contextFor = (record: StageContext['verdict']): StageContext => ({
    config,
    projectRoot: folder,
    files: store.stageFiles('soak'),
    progress: createProgress({ write: () => true }, {}),
    signal,
    seed: 1,
    runMark: 'mark',
    serviceEnvironment: {},
    conceal: () => undefined,
    verdict: record,
  });
  return runStage(
    { name: 'soak', plan: () => ({ checks: stage.checks }), run: stage.run },
    store,
    contextFor,
  );
}

describe('runStage', () => {
  it('passes when every planned check passed', async () => {
    const result = await run({
      checks: ['a'],
      run: async (context) => context.verdict(verdict('a', 'pass')),
    });
    expect(result).toMatchObject({ outcome: 'pass', usageError: false });
  });

  it('is unknown when nothing was said at all', async () => {
    expect((await run({ checks: [], run: async () => undefined })).outcome).toBe('unknown');
  });

  it('is unknown when a planned check gave no verdict, and names it', async () => {
    const result = await run({
      checks: ['a', 'b'],
      run: async (context) => context.verdict(verdict('a', 'pass')),
    });
    expect(result.outcome).toBe('unknown');
    expect(result.verdicts.at(-1)).toMatchObject({
      check: 'b',
      outcome: 'unknown',
      message: 'soak/b was planned and gave no verdict',
    });
  });

  it('turns a crash into unknown and keeps what was found before it', async () => {
    const result = await run({
      checks: ['a'],
      run: async (context) => {
        context.verdict(verdict('a', 'pass'));
        throw new TypeError('boom');
      },
    });
    expect(result.outcome).toBe('unknown');
    expect(result.verdicts.map(({ check }) => check)).toEqual(['a', 'stage-completed']);
    expect(result.verdicts[1]?.message).toContain('boom');
  });

  it('tells a usage error from a crash', async () => {
    const result = await run({
      checks: [],
      run: () => Promise.reject(new UsageError('service.node: no such program')),
    });
    expect(result).toMatchObject({
      usageError: true,
      outcome: 'unknown',
      reason: 'service.node: no such program',
    });
  });

  it('is never a pass when it was interrupted', async () => {
    const stage = {
      checks: ['a'],
      run: async (context: StageContext) => context.verdict(verdict('a', 'pass')),
    };
    expect((await run(stage, {}, AbortSignal.abort(new Error('interrupted by SIGINT')))).outcome).toBe(
      'unknown',
    );
  });

  it('skips what was declared unavailable and could not be seen, and nothing else', async () => {
    const unavailable = { 'soak/a': 'no /proc on this host', 'soak/b': 'no /proc on this host' };
    const result = await run(
      {
        checks: ['a', 'b', 'c'],
        run: async (context) => {
          context.verdict(verdict('a', 'unknown'));
          context.verdict(verdict('b', 'fail'));
          context.verdict(verdict('c', 'pass'));
        },
      },
      { unavailable },
    );
    expect(result.verdicts.map(({ outcome }) => outcome)).toEqual(['skip', 'fail', 'pass']);
    expect(result.verdicts[0]?.message).toContain('declared unavailable: no /proc on this host');
  });
});
