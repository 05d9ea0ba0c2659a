/** What the machine test says when a step fails, breaks, is silent or cannot be tried: never that it passed. */
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import type { StageContext } from '../../harness/stage.ts';
import type { Verdict } from '../../harness/verdict.ts';
import { NoMachineError } from './host.ts';
import type { Machine } from './machine.ts';
import { machineStage, type MachineTest } from './machine-stage.ts';
import { pass, type Step, Unmet } from './step.ts';

const step = (id: string, run: Step['run'], needs: string[] = []): Step => ({ id, title: id, needs, run });

/** Runs the stage with a machine that does nothing, and gives each check's verdict. */
async function judge(
  steps: Step[],
  given: { left?: string[]; open?: MachineTest['open']; unavailable?: Record<string, string> } = {},
) {
  const verdicts: Verdict[] = [];
  const logs: string[] = [];
  const machine = { dispose: async () => given.left ?? [] } as Machine;
  const stage = machineStage({
    suites: ['bookworm'],
    steps,
    releases: () => ({ build: () => Promise.reject(new Error('none')), [Symbol.dispose]: () => undefined }),
    open: given.open ?? (async () => machine),
  });
  const context = {
    config: configSchema.parse({ unavailable: given.unavailable ?? {} }),
    signal: new AbortController().signal,
    progress: { note: () => undefined, status: () => undefined },
    files: {
      evidence: (file: string) => file,
      appendText: (file: string, text: string) => void logs.push(`${file}: ${text}`),
    },
    verdict: (verdict: Verdict) => void verdicts.push(verdict),
  } as unknown as StageContext;
  await stage.run(context);
  const checks = Object.fromEntries(verdicts.map((verdict) => [verdict.check, verdict]));
  return { checks, planned: stage.plan(context.config).checks, logs };
}

describe('machine stage', () => {
  it('passes what passed, with the log of the step as evidence', async () => {
    const { checks, planned, logs } = await judge([step('one', async () => pass('seen'))]);
    expect(Object.values(checks).map(({ outcome }) => outcome)).toEqual(['pass', 'pass', 'pass']);
    expect(Object.keys(checks)).toEqual(planned);
    expect(checks['one']?.evidence).toEqual(['bookworm-one.log']);
    expect(logs[0]).toContain('bookworm-one.log: # bookworm: one');
  });

  it('fails what did not hold, and does not try what rests on it', async () => {
    let tried = false;
    const { checks } = await judge([
      step('one', async () => {
        throw new Unmet('seen 1, expected 2', 'do this');
      }),
      step('two', async () => ((tried = true), pass('seen')), ['one']),
      step('three', async () => pass('seen'), ['two']),
      step('four', async () => pass('seen')),
    ]);
    expect(checks['one']).toMatchObject({
      outcome: 'fail',
      message: 'one: seen 1, expected 2',
      fix: 'do this',
    });
    expect(checks['two']).toMatchObject({ outcome: 'unknown', because: 'one' });
    expect(checks['three']).toMatchObject({ outcome: 'unknown', because: 'two' });
    expect(checks['four']?.outcome).toBe('pass');
    expect(tried).toBe(false);
  });

  it('leaves unknown what broke and what saw nothing', async () => {
    const { checks } = await judge([
      step('broken', async () => {
        throw new Error('no such thing');
      }),
      step('silent', async () => []),
    ]);
    expect(checks['broken']).toMatchObject({
      outcome: 'unknown',
      message: expect.stringContaining('no such thing'),
    });
    expect(checks['silent']?.outcome).toBe('unknown');
  });

  it('fails when something of the machine is left', async () => {
    const { checks } = await judge([], { left: ['process 7: sleep'] });
    expect(checks['nothing-left']).toMatchObject({
      outcome: 'fail',
      message: expect.stringContaining('process 7'),
    });
  });

  it('leaves everything unknown where there is no machine', async () => {
    const open = async () => {
      throw new NoMachineError('no machine can be had here: a machine needs root');
    };
    const { checks, planned } = await judge([step('one', async () => pass('seen'))], { open });
    expect(Object.keys(checks)).toEqual(planned);
    expect(Object.values(checks).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown']);
    expect(checks['machine-up']?.message).toContain('a machine needs root');
    expect(checks['one']?.because).toBe('machine-up');
  });

  it('skips what rests on a machine where none can be had and that was declared; a broken one stays a failure', async () => {
    const unavailable = { 'deployment/machine-up': 'no Debian registry on these hosts' };
    const judged = (error: Error) =>
      judge([step('one', async () => pass('seen'))], { open: () => Promise.reject(error), unavailable });
    const { checks } = await judged(
      new NoMachineError('no machine can be had here: apt-get update ended with 100'),
    );
    // The runner of stages turns the first of them into a skip, as everything that is declared.
    expect(checks['machine-up']?.outcome).toBe('unknown');
    for (const check of ['one', 'nothing-left'])
      expect(checks[check]).toMatchObject({
        outcome: 'skip',
        message: expect.stringContaining('no Debian registry'),
      });
    expect((await judged(new Error('it came up degraded'))).checks).toMatchObject({
      'machine-up': { outcome: 'fail' },
      one: { outcome: 'unknown' },
    });
  });
});
