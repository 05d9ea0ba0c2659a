/** The adding-up of CI, and what a part that died, hung, lied or was withheld makes of it. Real processes. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../harness/renderers/summary.ts';
import { addUp, countOfSummary, type PartResult, readCountLine, settle } from './count.ts';
import { chosen } from './ci.ts';
import { ciParts, MACHINE_TESTS, type Part, whyNoMachine } from './parts.ts';
import * as running from './run-part.ts';

const REPOSITORY = join(import.meta.dirname, '../..');
const never = new AbortController().signal;
/** What these parts print must not be taken for the count of the tests. */
const runPart = (part: Part, signal: AbortSignal): Promise<PartResult> =>
  running.runPart(part, signal, () => undefined);

/** A part that is a script of the shell. */
const part = (script: string, more: Partial<Part> = {}): Part => ({
  name: 'part',
  command: ['bash', '-c', script],
  withinMs: 20_000,
  ...more,
});
const part9 = 'echo "9 passed, 0 failed"';

it('runs the parts that are named, and none that it does not know', () => {
  const parts = ciParts(tmpdir());
  expect(chosen(parts, []).length).toBe(parts.length);
  expect(chosen(parts, ['machine test', 'npm test']).map(({ name }) => name)).toEqual([
    'npm test',
    'machine test',
  ]);
  expect(() => chosen(parts, ['nothing'])).toThrow('there is no part "nothing"');
});

describe('a part', () => {
  it.each([
    ['is counted by its last line', `echo "1 passed, 7 failed"; ${part9}`, 9, 0, 0],
    ['is counted with what it skipped', 'echo "9 passed, 0 failed, 4 skipped"', 9, 0, 0],
    ['failed', 'echo "9 passed, 2 failed"; exit 1', 9, 2, 1],
    ['failed, and ended with 0', 'echo "9 passed, 2 failed"', 9, 2, 0],
    ['died before its count', 'echo "✓ 300 tests"; kill -KILL $$', 0, 1, 143],
    ['died after a count that was good', `${part9}; kill -KILL $$`, 9, 1, 143],
    ['printed nothing', 'true', 0, 1, 0],
    ['counted nothing', 'echo "0 passed, 0 failed, 12 skipped"', 0, 1, 0],
    ['printed a sentence that is no count', 'echo "9 passed, 0 failed of many"', 0, 1, 0],
    ['broke where it counts no failure', `${part9}; exit 3`, 9, 1, 3],
  ])('that %s', async (_, script, passed, failed, exitCode) => {
    expect(await runPart(part(script), never)).toMatchObject({ passed, failed, exitCode });
  });

  it('that cannot be started has failed', async () => {
    const missing = await runPart({ ...part(''), command: ['no-such-program'] }, never);
    expect(missing).toMatchObject({ passed: 0, failed: 1, exitCode: 127 });
  });

  it('that hangs is ended with all that it started, and says so', async () => {
    const hung = await runPart(part(`${part9}; sleep 300 & sleep 300`, { withinMs: 300 }), never);
    expect(hung).toMatchObject({ failed: 1, exitCode: 143 });
    expect(hung.notes.join()).toMatch(/it was ended/);
  });

  it('is counted by its summary where it writes one; none is a failure whatever it prints', async () => {
    const count = () => countOfSummary(summaryOf({ pass: 30, fail: 1, unknown: 2, skip: 4 }));
    expect(await runPart(part('exit 1', { count }), never)).toMatchObject({
      passed: 30,
      failed: 3,
      skipped: 4,
    });
    expect(await runPart(part(part9, { count: () => undefined }), never)).toMatchObject({
      passed: 0,
      failed: 1,
    });
  });

  it('is not started when it is withheld: declared it is skipped and listed, undeclared it has failed', async () => {
    const withheld = (declared: boolean) => () => ({ why: 'no machine', declared });
    const skipped = await runPart(part(part9, { withheld: withheld(true) }), never);
    expect(skipped).toMatchObject({ passed: 0, failed: 0, skipped: 1, notes: ['skipped: no machine'] });
    const unknown = await runPart(part(part9, { withheld: withheld(false) }), never);
    expect(unknown).toMatchObject({ passed: 0, failed: 1, exitCode: undefined });
    expect(addUp([good, skipped])).toEqual({ line: '5 passed, 0 failed', exitCode: 0 });
    expect(addUp([good, unknown])).toEqual({ line: '5 passed, 1 failed', exitCode: 1 });
  });

  it('that comes after an interruption is not started, and is no pass', async () => {
    expect(await runPart(part(part9), AbortSignal.abort())).toMatchObject({ passed: 0, failed: 1 });
  });
});

const good: PartResult = {
  name: 'good',
  passed: 5,
  failed: 0,
  skipped: 0,
  notes: [],
  exitCode: 0,
  durationMs: 1,
};

describe('the last line', () => {
  it('adds all parts up, and the exit code is the worst', () => {
    const ended = (exitCode: number, failed: number): PartResult => ({ ...good, exitCode, failed });
    expect(addUp([good, good])).toEqual({ line: '10 passed, 0 failed', exitCode: 0 });
    expect(addUp([ended(3, 1), good, ended(1, 2)])).toEqual({ line: '15 passed, 3 failed', exitCode: 1 });
    expect(addUp([ended(3, 1), good])).toEqual({ line: '10 passed, 1 failed', exitCode: 3 });
    expect(addUp([ended(143, 1), ended(1, 1)]).exitCode).toBe(143);
    expect(addUp([ended(127, 1), good]).exitCode).toBe(1);
    expect(addUp([ended(0, 1), good]).exitCode).toBe(1);
    expect(addUp([])).toEqual({ line: '0 passed, 1 failed', exitCode: 1 });
  });

  it('reads what the tests print, and no other line', () => {
    expect(readCountLine('12 passed, 0 failed, 3 skipped')).toMatchObject({
      passed: 12,
      failed: 0,
      skipped: 3,
    });
    expect(readCountLine('Tests  12 passed (12)')).toBeUndefined();
    expect(settle({ name: 'x', exitCode: 0, durationMs: 0 }, undefined).notes.join()).toMatch(/no count/);
  });

  it('is the last that the program prints, also when it is interrupted', async () => {
    const program = `
      import { runParts } from '${join(import.meta.dirname, 'ci.ts')}';
      const part = (name, script) => ({ name, command: ['bash', '-c', script], withinMs: 20000 });
      const stop = new AbortController();
      process.on('SIGTERM', () => stop.abort());
      process.exitCode = await runParts([part('a', '${part9}'), part('b', 'echo waits; exec sleep 300')], stop.signal);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: 'pipe' });
    let output = '';
    child.stdout.on('data', (data: Buffer) => {
      output += String(data);
      // Once: the program listens for it only while the part runs.
      if (output.includes('waits\n') && !child.killed) child.kill('SIGTERM');
    });
    const [code] = (await once(child, 'close')) as [number | null];
    expect(output.trimEnd().split('\n').at(-1)).toBe('9 passed, 1 failed');
    expect(code).toBe(143);
  });
});

describe('the parts', () => {
  it("are the README's test command, the machine test, and every test that boots machines", () => {
    expect(readFileSync(join(REPOSITORY, 'README.md'), 'utf8')).toMatch(/^npm ci && npm test /m);
    const [tests, machine, onMachines] = ciParts('/nowhere');
    expect(tests?.command).toEqual(['npm', 'test']);
    expect(machine?.command).toContain('bookworm');
    const asking = execFileSync('git', ['grep', '--files-with-matches', 'whyNoMachine', '--', '*.test.ts'], {
      cwd: REPOSITORY,
      encoding: 'utf8',
    });
    const guarded = asking
      .trim()
      .split('\n')
      .filter((file) => !file.startsWith('gate/ci/'));
    expect(guarded.sort()).toEqual(MACHINE_TESTS);
    expect(onMachines?.command).toEqual(expect.arrayContaining(MACHINE_TESTS));
  });

  it('that need a machine run where there is one, and only there', () => {
    const withUp = (
      pass: number,
      unknown: number,
      exitCode: number,
    ): Pick<RunSummary, 'stages' | 'exitCode'> => {
      const counts = { pass, unknown, fail: 0, skip: 0 };
      const checks = { 'machine-up': { counts, durationMs: 1 } };
      return { exitCode, stages: [{ name: 'deployment', outcome: 'pass', durationMs: 1, counts, checks }] };
    };
    expect(whyNoMachine(withUp(1, 0, 1))).toBeUndefined();
    expect(whyNoMachine(withUp(0, 1, 3))).toMatchObject({ declared: false });
    expect(whyNoMachine({ stages: [], exitCode: 0 })).toMatchObject({ declared: true });
    expect(whyNoMachine(undefined)).toMatchObject({ declared: false });
  });
});

function summaryOf(counts: RunSummary['counts']): RunSummary {
  const text = readFileSync(join(REPOSITORY, 'fixtures/reports/all-pass.0.summary.json'), 'utf8');
  return { ...(JSON.parse(text) as RunSummary), counts };
}
