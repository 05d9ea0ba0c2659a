/** The scripts as far as they can be run without a machine; what they do to one is the machine test's. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BAD_SERVICES, type BadService, makeBadService } from './bad-service.ts';

const SCRIPTS = ['install.sh', 'rollback.sh', 'verify.sh', 'uninstall.sh'];
const run = (script: string, ...args: string[]) =>
  spawnSync(path.join(import.meta.dirname, script), args, { encoding: 'utf8' });

describe('the scripts', () => {
  it.each(SCRIPTS)('%s says what it is for, and takes nothing that it does not know', (script) => {
    const help = run(script, '--help');
    expect(help.status).toBe(0);
    expect(help.stdout).toContain('--dry-run');
    expect(help.stdout).toContain('exit code: 0');
    const wrong = run(script, '--nonsense');
    expect(wrong.status).toBe(2);
    expect(wrong.stderr).toContain('there is no option --nonsense');
  });

  it.each([
    ['nothing to install', []],
    ['a release that is not there', ['--release', '/nowhere.tgz']],
    ['a value that is missing', ['--release']],
    ['both', ['--release', '/dev/null', '--checkout', '/']],
    ['a step that it does not know', ['--step', 'all']],
  ])('install.sh refuses %s with 2 and one line', (_what, args) => {
    const { status, stderr } = run('install.sh', ...args);
    expect(status).toBe(2);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  const lints = spawnSync('shellcheck', ['--version']).error === undefined;
  it.skipIf(!lints)('are clean for shellcheck (skipped where there is none)', () => {
    const folders = ['.', 'lib'].map((each) => path.join(import.meta.dirname, each));
    const files = folders.flatMap((folder) =>
      readdirSync(folder).flatMap((name) => (name.endsWith('.sh') ? [path.join(folder, name)] : [])),
    );
    expect(files.length).toBeGreaterThan(SCRIPTS.length);
    const { stdout } = spawnSync('shellcheck', ['--severity=style', ...files], { encoding: 'utf8' });
    expect(stdout).toBe('');
  });
});

describe('a bad service', () => {
  it.each(Object.keys(BAD_SERVICES) as BadService[])('%s strikes the service as it is now', (kind) => {
    within((folder) => {
      makeBadService(kind, path.join(folder, 'once'));
      expect(existsSync(path.join(folder, 'once', BAD_SERVICES[kind].file))).toBe(true);
    });
  });

  it('throws where there is nothing to strike', () => {
    within((folder) => {
      makeBadService('health-500', path.join(folder, 'once'));
      const again = () => makeBadService('health-500', path.join(folder, 'again'), path.join(folder, 'once'));
      expect(again).toThrow('does not strike');
    });
  });
});

function within(work: (folder: string) => void): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'shakedown-bad-'));
  try {
    work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
