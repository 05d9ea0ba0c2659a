/** journalctl behind a wide pipe where stdbuf works, and as it is where it does not: never nothing. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXPORT } from './read-journal.ts';

const SHELL = '/bin/sh';
const WORKS = 'shift; STDBUF=works exec "$@"';
const LACKS_ITS_LIBRARY = 'echo "could not find libstdbuf.so" >&2; exit 125';

it.each([
  { stdbuf: 'none', script: undefined, wide: '' },
  { stdbuf: 'one that works', script: WORKS, wide: 'works' },
  { stdbuf: 'one without its library', script: LACKS_ITS_LIBRARY, wide: '' },
])('$stdbuf on the host', ({ script, wide }) => {
  const folder = mkdtempSync(join(tmpdir(), 'shakedown-wide-'));
  const put = (name: string, text: string): void => {
    writeFileSync(join(folder, name), `#!${SHELL}\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  };
  try {
    put('true', 'exit 0');
    put('journalctl', 'printf "%s\\n" "${STDBUF:-}" "$@"');
    if (script !== undefined) put('stdbuf', script);
    const result = spawnSync(SHELL, ['-c', EXPORT, 'sh', '--after-cursor=s=a;i=1 b'], {
      env: { PATH: folder, wide: 'left over' },
      encoding: 'utf8',
      timeout: 10_000,
    });
    expect(result).toMatchObject({ status: 0, stderr: '' });
    expect(result.stdout.split('\n')).toEqual([
      wide,
      '--no-pager',
      '--output=export',
      '--after-cursor=s=a;i=1 b',
      '',
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
