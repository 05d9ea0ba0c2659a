/**
 * What the catalogue says is proved by opening and releasing: real packages, in child processes, on loopback. The packages
 * are installed into a folder of their own, once; what needs a server of its own (a database) is not opened.
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { RESOURCE_CATALOGUE, type ResourceRow } from './resource-catalogue.ts';

const folder = path.resolve(import.meta.dirname, '../fixtures/catalogue');
const run = promisify(execFile);

interface Probe {
  /** Another release than the one that the row is about. */
  sync?: true;
  /** Not connected, as it would need a server: whether it holds the process is not to be seen. */
  idle?: true;
  /** What holds the process is something else. */
  holds?: string;
}
const { PLATFORM, PACKAGES, FREE } = (await import(path.join(folder, 'probes.js'))) as Record<
  string,
  Record<string, Probe>
>;

interface Attempt {
  gives: 'value' | 'throw' | 'promise';
  ended?: 'resolved' | 'rejected' | 'limit';
  error?: string;
}
interface Said {
  name: string;
  first: Attempt;
  second: Attempt;
}

const rowOf = (name: string): ResourceRow => {
  const row = RESOURCE_CATALOGUE.find((each) => each.opens.includes(name));
  if (!row) throw new Error(`no row opens ${name}`);
  return row;
};

/** Several in one process: what the one leaves behind does not change what the other's release gives. */
async function release(names: readonly string[]): Promise<Said[]> {
  const { stdout } = await run(process.execPath, ['probe.js', 'release', ...names], {
    cwd: folder,
    timeout: 50_000,
    killSignal: 'SIGKILL',
  });
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Said);
}

/** Whether the process ends by itself while they are open. */
function endsWith(names: readonly string[], withinMs: number): Promise<boolean> {
  const child = spawn(process.execPath, ['probe.js', 'leave', ...names], {
    cwd: folder,
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  return new Promise((resolve, reject) => {
    let opened = 0;
    let timer: NodeJS.Timeout | undefined;
    child.stdout.on('data', (text: Buffer) => {
      opened += text.toString().split('\n').length - 1;
      // From when all are open: how long does it go on?
      if (opened === names.length) timer = setTimeout(() => end(false), withinMs);
    });
    const end = (ended: boolean): void => {
      clearTimeout(timer);
      // With what it started itself.
      if (!ended && child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      resolve(ended);
    };
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (opened < names.length)
        reject(new Error(`${names.join(', ')}: ended (${code ?? signal}) before it was open`));
      else if (signal === null) end(true);
    });
  });
}

/** At most this many processes at a time. */
async function inTurns<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const next = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, next));
}

function demandRelease(said: Said, row: ResourceRow, probe: Probe): void {
  const returns = probe.sync ? 'sync' : row.releaseReturns;
  expect(said.first.gives, `${said.name}: the release gives`).toBe(
    returns === 'promise' ? 'promise' : 'value',
  );
  if (returns === 'promise') expect(said.first.ended, `${said.name}: the release ends`).toBe('resolved');
  if (probe.sync) return;
  const { gives, ended } = said.second;
  const second = gives === 'throw' ? 'throws' : ended === 'rejected' ? 'rejects' : 'safe';
  expect(second, `${said.name}: a second release (${said.second.error ?? 'without error'})`).toBe(
    row.secondRelease,
  );
}

function proves(probes: Record<string, Probe>, together: number): void {
  it('the releases give what the rows say, the first time and the second', async () => {
    const names = Object.keys(probes);
    const groups = Array.from({ length: Math.ceil(names.length / together) }, (_, index) =>
      names.slice(index * together, (index + 1) * together),
    );
    const seen: string[] = [];
    await inTurns(groups, 2, async (group) => {
      for (const said of await release(group)) {
        seen.push(said.name);
        demandRelease(said, rowOf(said.name), probes[said.name] ?? {});
      }
    });
    expect(seen.sort()).toEqual(names.sort());
  });

  it('what holds the process holds it, and nothing else does', async () => {
    const names = Object.keys(probes).filter((each) => !probes[each]?.idle && !probes[each]?.holds);
    const holding = names.filter((each) => rowOf(each).keepsProcessAlive);
    const free = names.filter((each) => !holding.includes(each));
    expect(await endsWith(free, 5000), `${free.join(', ')} end with the process`).toBe(true);
    await inTurns(holding, 3, async (name) => {
      expect(await endsWith([name], 600), `${name} lets the process end`).toBe(false);
    });
  });
}

describe('the platform', () => proves(PLATFORM ?? {}, 30));

describe('packages', () => {
  beforeAll(async () => {
    const [lock, installed] = ['package-lock.json', 'node_modules/.package-lock.json'].map((each) =>
      path.join(folder, each),
    );
    if (!lock || !installed) return;
    if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline'];
    await run('npm', ['ci', ...flags], { cwd: folder, timeout: 280_000, killSignal: 'SIGKILL' });
  }, 300_000);

  it('are those of the probes', () => {
    const { dependencies } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const text = readFileSync(path.join(folder, 'probes.js'), 'utf8');
    // A peer of another one is not loaded by itself.
    for (const each of Object.keys(dependencies))
      if (each !== 'hono') expect(text).toContain(`load('${each}`);
  });

  proves(PACKAGES ?? {}, 8);

  it('without a row hold nothing, and lose nothing at process.exit', async () => {
    expect(await endsWith(Object.keys(FREE ?? {}), 5000)).toBe(true);
    const scratch = mkdtempSync(path.join(tmpdir(), 'shakedown-probe-'));
    try {
      const file = path.join(scratch, 'log');
      const env = { ...process.env, PROBE_FILE: file };
      await run(process.execPath, ['probe.js', 'leave', 'pino destination'], {
        cwd: folder,
        env,
        timeout: 20_000,
      });
      expect(readFileSync(file, 'utf8')).toContain('the last line');
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});
