/**
 * How much of what journalctl delivers the harness keeps up with: the same journal, once as journalctl writes it and into
 * nothing, once as the harness asks for it and through the parser, by turns. The journal is made by systemd-journal-remote; without it nothing is measured. Measured by `npm run bench:soak`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FIELDS } from '../../harness/journal/entry.ts';
import { ExportParser } from '../../harness/journal/export-parser.ts';
import { EXPORT } from '../../harness/journal/read-journal.ts';
import { median } from './figures.ts';

export interface JournalFigures {
  entries: number;
  mebibytes: number;
  /** Of the export that journalctl writes. */
  journalctlPerSecond: number;
  harnessPerSecond: number;
}

const ENTRIES = 200_000;
const TURNS = 5;
const WITHIN_MS = 120_000;
const BARE = 'exec journalctl --no-pager --output=export "$@"';
const MIB = 1024 * 1024;

/** `undefined`: the journal cannot be made here. */
export async function measureJournal(remote: string | undefined): Promise<JournalFigures | undefined> {
  if (remote === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-journal-'));
  try {
    const file = join(folder, 'bench.journal');
    await makeJournal(remote, file);
    const times = { journalctl: [] as number[], harness: [] as number[] };
    let bytes = 0;
    for (let turn = 0; turn < TURNS; turn += 1) {
      const alone = await read(folder, BARE, () => undefined);
      times.journalctl.push(alone.seconds);
      bytes = alone.bytes;
      let entries = 0;
      const parser = new ExportParser(FIELDS, () => (entries += 1));
      const parsed = await read(folder, EXPORT, (chunk) => parser.push(chunk));
      parser.end();
      if (entries !== ENTRIES) throw new Error(`${entries} entries were read of ${ENTRIES}`);
      times.harness.push(parsed.seconds);
    }
    const mebibytes = bytes / MIB;
    return {
      entries: ENTRIES,
      mebibytes,
      journalctlPerSecond: mebibytes / median(times.journalctl),
      harnessPerSecond: mebibytes / median(times.harness),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function read(
  folder: string,
  script: string,
  take: (chunk: Buffer) => void,
): Promise<{ seconds: number; bytes: number }> {
  const startedAt = performance.now();
  const fields = `--output-fields=${FIELDS.join(',')}`;
  const child = spawn('sh', ['-c', script, 'sh', fields, '--directory', folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    take(chunk);
  });
  const [code] = (await once(child, 'close', { signal: AbortSignal.timeout(WITHIN_MS) })) as [number];
  if (code !== 0) throw new Error(`journalctl ended with code ${code}`);
  return { seconds: (performance.now() - startedAt) / 1_000, bytes };
}

/** Entries as a unit makes them, through the journal's own import. */
async function makeJournal(remote: string, file: string): Promise<void> {
  const child = spawn(remote, ['--output', file, '-'], { stdio: ['pipe', 'ignore', 'ignore'] });
  const closed = once(child, 'close', { signal: AbortSignal.timeout(WITHIN_MS) });
  const startUs = 1_760_000_000_000_000;
  for (let at = 0; at < ENTRIES; at += 1_000) {
    const block = Array.from({ length: 1_000 }, (_, index) => entry(startUs, at + index)).join('');
    if (!child.stdin.write(block))
      await once(child.stdin, 'drain', { signal: AbortSignal.timeout(WITHIN_MS) });
  }
  child.stdin.end();
  const [code] = (await closed) as [number];
  if (code !== 0) throw new Error(`${remote} ended with code ${code}`);
}

function entry(startUs: number, index: number): string {
  return [
    `__REALTIME_TIMESTAMP=${startUs + index * 50}`,
    `__MONOTONIC_TIMESTAMP=${index * 50 + 1}`,
    '_BOOT_ID=0123456789abcdef0123456789abcdef',
    `MESSAGE={"level":30,"reqId":"req-${index}","req":{"method":"GET","url":"/api/prices/${index}"},"msg":"incoming request"}`,
    'PRIORITY=6',
    'SYSLOG_IDENTIFIER=node',
    '_PID=4242',
    '_SYSTEMD_UNIT=app.service',
    '_SYSTEMD_INVOCATION_ID=0123456789abcdef0123456789abcdef',
    '_TRANSPORT=stdout',
    '',
    '',
  ].join('\n');
}
