/**
 * Asks the host's own tools about units and scripts, on copies in a folder of its own, each within a bounded time. Nothing
 * is installed, started or asked of a running systemd.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DeploymentFile } from '../files/find-files.ts';
import type { Unit } from '../units/unit.ts';
import type { Exposure, ToolAnswers, ToolComplaint } from './tools.ts';

const WITHIN_MS = 20_000;
const ENVIRONMENT = { ...process.env, LC_ALL: 'C', SYSTEMD_COLORS: '0', SYSTEMD_LOG_LEVEL: 'warning' };

interface Answer {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The answer of a program, or why there is none. */
type Ask = (program: string, args: readonly string[], cwd?: string) => Answer | string;

/** @param failed gets the programs that are there and do not answer. */
function asking(failed: Set<string>): Ask {
  return (program, args, cwd) => {
    const answer = ask(program, args, cwd);
    if (answer === notInstalled(program)) return answer;
    if (typeof answer === 'string' || answer.code === null) failed.add(program);
    return answer;
  };
}

const notInstalled = (program: string): string => `${program} is not installed`;

function ask(program: string, args: readonly string[], cwd?: string): Answer | string {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    env: ENVIRONMENT,
    encoding: 'utf8',
    timeout: WITHIN_MS,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (error === undefined) return { code: status, stdout, stderr };
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return notInstalled(program);
  return `${program} did not answer: ${error.message}`;
}

export function runTools(services: readonly Unit[], scripts: readonly DeploymentFile[]): ToolAnswers {
  const absent: Record<string, string> = {};
  const versions: string[] = [];
  const failed = new Set<string>();
  const askTool = asking(failed);
  const known = (program: string): boolean => {
    const answer = askTool(program, ['--version']);
    if (typeof answer === 'string') absent[program] = answer;
    else versions.push(`${program}: ${/\d[\w.~+-]*/.exec(answer.stdout)?.[0] ?? 'of an unknown version'}`);
    return typeof answer !== 'string';
  };
  const systemd = services.length > 0 && known('systemd-analyze') ? askSystemd(services, askTool) : {};
  const lint = scripts.length > 0 && known('shellcheck') ? { lint: askShellcheck(scripts, askTool) } : {};
  return { ...systemd, ...lint, absent, failed: [...failed], versions };
}

function askSystemd(services: readonly Unit[], askTool: Ask): Pick<ToolAnswers, 'verify' | 'exposure'> {
  const folder = mkdtempSync(path.join(tmpdir(), 'shakedown-units-'));
  try {
    const places = new Map(services.map((unit, index) => [unit, copyUnit(folder, index, unit)]));
    const verify = new Map<string, ToolComplaint[]>();
    const exposure = new Map<string, Exposure>();
    for (const [unit, { target, origins }] of places) {
      const args = ['verify', '--man=no', '--recursive-errors=no', target];
      const answer = askTool('systemd-analyze', args, path.dirname(target));
      if (typeof answer !== 'string') verify.set(unit.key, complaints(answer.stderr, unit, origins));
      const level = exposureOf(target, askTool);
      if (level !== undefined) exposure.set(unit.key, level);
    }
    return { verify, exposure };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The unit and its drop-ins, alone in a folder: what else is there belongs to others. */
function copyUnit(
  folder: string,
  index: number,
  unit: Unit,
): { target: string; origins: Map<string, string> } {
  const home = path.join(folder, String(index));
  const target = path.join(home, unit.name);
  const origins = new Map<string, string>();
  for (const [at, { file }] of unit.parts.entries()) {
    const to = at === 0 ? target : path.join(home, `${unit.name}.d`, path.basename(file.path));
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, file.text);
    origins.set(to, file.path);
  }
  return { target, origins };
}

/** What depends on this host and says nothing about the unit. */
const OF_THIS_HOST =
  /is not executable|not found|Failed to (create|load|prepare|open|locate)|No such file|Permission denied|Cannot add dependency/;

/** Lines of standard error that are about the unit: the exit code says nothing of unknown keys. */
function complaints(stderr: string, unit: Unit, origins: ReadonlyMap<string, string>): ToolComplaint[] {
  return stderr.split('\n').flatMap((line): ToolComplaint[] => {
    const placed = /^(\/[^:]+):(\d+): (.*)$/.exec(line);
    const named = /^([\w@.\\-]+\.service): (.*)$/.exec(line);
    const message = placed?.[3] ?? named?.[2];
    const file = placed === null ? unit.file.path : origins.get(placed[1] ?? '');
    if (message === undefined || file === undefined || OF_THIS_HOST.test(line)) return [];
    const at = placed === null ? unit.at('Service').line : Number(placed[2]);
    return [{ file, line: at, column: 1, code: 'verify', message }];
  });
}

function exposureOf(target: string, askTool: Ask): Exposure | undefined {
  const common = ['security', '--offline=true', '--no-pager'];
  const said = askTool('systemd-analyze', [...common, target]);
  const listed = askTool('systemd-analyze', [...common, '--json=short', target]);
  if (typeof said === 'string' || typeof listed === 'string') return undefined;
  const level = /Overall exposure level for \S+: (\d+(?:\.\d+)?)/.exec(said.stdout)?.[1];
  if (level === undefined) return undefined;
  return { level: Number(level), worst: worstOf(listed.stdout) };
}

function worstOf(json: string): string[] {
  try {
    const settings = JSON.parse(json) as { name: string; exposure: string | null }[];
    const sum = new Map<string, number>();
    for (const { name, exposure } of settings) {
      const key = name.replace(/[=~/].*$/, '');
      sum.set(key, (sum.get(key) ?? 0) + Number(exposure ?? 0));
    }
    return [...sum]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 5)
      .map(([name]) => name);
  } catch {
    return []; // an older systemd has no such list; the level stands by itself
  }
}

interface ShellcheckComment {
  file: string;
  line: number;
  column: number;
  code: number;
  level: string;
  message: string;
}

function askShellcheck(scripts: readonly DeploymentFile[], askTool: Ask): Map<string, ToolComplaint[]> {
  const found = new Map<string, ToolComplaint[]>();
  for (const { path: file, absolute } of scripts) {
    const args = ['--format=json1', '--severity=warning', '--external-sources', '--check-sourced', absolute];
    const answer = askTool('shellcheck', args, path.dirname(absolute));
    if (typeof answer === 'string') continue;
    const { comments } = JSON.parse(answer.stdout) as { comments: ShellcheckComment[] };
    found.set(
      file,
      comments.flatMap(({ file: place, line, column, code, message }) => {
        const own = path.relative(
          absolute.slice(0, -file.length),
          path.resolve(path.dirname(absolute), place),
        );
        // What it sources from elsewhere is not of this repository.
        return own.startsWith('..') ? [] : [{ file: own, line, column, code: `SC${code}`, message }];
      }),
    );
  }
  return found;
}
