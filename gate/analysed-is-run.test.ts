import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configSchema, type UserConfig } from '../harness/config.ts';
import { judgeAnalysedIsRun } from './analysed-is-run.ts';

let projectRoot: string;
beforeEach(() => {
  projectRoot = mkdtempSync(join(tmpdir(), 'shakedown-analysed-'));
  for (const folder of ['src', 'dist']) mkdirSync(join(projectRoot, folder));
  for (const file of ['src/main.ts', 'dist/main.js']) writeFileSync(join(projectRoot, file), file);
});
afterEach(() => rmSync(projectRoot, { recursive: true, force: true }));

const hash = (text: string) => createHash('sha256').update(text).digest('hex');
const analysed = [{ path: 'src/main.ts', hash: hash('src/main.ts') }];
const configFor = (command: string[], more: UserConfig = {}) =>
  configSchema.parse({ service: { command, readiness: { http: '/' } }, ...more });

describe('judgeAnalysedIsRun', () => {
  it('passes when the program that runs was analysed and nobody changed it meanwhile', () => {
    const config = configFor(['node', 'src/main.ts']);
    expect(judgeAnalysedIsRun({ projectRoot, config, analysed, built: false }).outcome).toBe('pass');
  });

  it('is unknown when a source changed while the gate ran', () => {
    writeFileSync(join(projectRoot, 'src/main.ts'), 'edited');
    const verdict = judgeAnalysedIsRun({
      projectRoot,
      config: configFor(['node', 'src/main.ts']),
      analysed,
      built: false,
    });
    expect(verdict).toMatchObject({ outcome: 'unknown', message: expect.stringContaining('src/main.ts') });
  });

  it('is unknown for a program from elsewhere, and passes when the build of this gate made it', () => {
    const build = { command: ['make'], outputs: ['dist'] };
    const config = configFor(['node', 'dist/main.js'], { build });
    expect(
      judgeAnalysedIsRun({ projectRoot, config: configFor(['node', 'dist/main.js']), analysed, built: false })
        .outcome,
    ).toBe('unknown');
    expect(judgeAnalysedIsRun({ projectRoot, config, analysed, built: false }).outcome).toBe('unknown');
    expect(judgeAnalysedIsRun({ projectRoot, config, analysed, built: true }).outcome).toBe('pass');
  });

  it.each([[undefined], [[]]])('is unknown without a list of analysed files: %j', (none) => {
    const config = configFor(['node', 'src/main.ts']);
    expect(judgeAnalysedIsRun({ projectRoot, config, analysed: none, built: false }).outcome).toBe('unknown');
  });

  it.each([
    ['a program behind an analysed preload', ['node', '--import', './src/main.ts', 'dist/main.js']],
    ['a program without its ending', ['node', '--import=./src/main.ts', 'dist/main']],
    ['a preload that was not analysed', ['node', '--require=./dist/main.js', 'src/main.ts']],
  ])('is unknown for %s', (_what, command) => {
    const verdict = judgeAnalysedIsRun({ projectRoot, config: configFor(command), analysed, built: false });
    expect(verdict).toMatchObject({ outcome: 'unknown', message: expect.stringContaining('dist/main.js') });
  });

  it('is unknown when the command names no file', () => {
    expect(
      judgeAnalysedIsRun({ projectRoot, config: configFor(['npm', 'start']), analysed, built: false })
        .outcome,
    ).toBe('unknown');
  });
});
