/**
 * Runs tap-junit on a TAP stream, as a child process under our own Node. A converter and never a judge: its exit
 * code says 0 on an empty stream and on garbage, so what it wrote goes through the cross-check. Called by `junit.ts`.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What the converter left: its XML, unless it died before writing any, and how it ended. */
export interface Conversion {
  xml?: string;
  exitCode: number | null;
  signal: string | null;
  /** The end of its standard error. */
  stderr: string;
}

const INPUT = 'results.tap';
const OUTPUT = 'converted.xml';
const MAX_STDERR = 2_000;

/** Converts a stream in a scratch folder inside `folder`, which is removed again, within `withinMs`. */
export async function convertTap(tap: string, folder: string, withinMs: number): Promise<Conversion> {
  const scratch = mkdtempSync(join(folder, '.convert-'));
  try {
    writeFileSync(join(scratch, INPUT), shieldReferences(tap));
    // tap-junit joins -i to its working directory, so both paths are given relative to the scratch folder.
    const args = [converterPath(), '-i', INPUT, '-o', '.', '-n', OUTPUT];
    const end = await runNode(args, scratch, withinMs);
    const written = join(scratch, OUTPUT);
    return existsSync(written) ? { xml: readFileSync(written, 'utf8'), ...end } : end;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * tap-junit's XML builder decodes what looks like a reference and escapes no `&` that still begins one: `&nbsp;` in a
 * name makes malformed XML, `&#1;` a control character, and `&amp;` comes back as `&`. Written as `&amp;amp;`, an `&`
 * is decoded once, left alone once, and comes back from the parser as it was.
 */
function shieldReferences(tap: string): string {
  return tap.replace(/&(?=[A-Za-z]+;|\\?#\d+;|\\?#x[\da-fA-F]+;)/g, '&amp;amp;');
}

function converterPath(): string {
  const require = createRequire(import.meta.url);
  const manifestPath = require.resolve('tap-junit/package.json');
  const { bin } = require(manifestPath) as { bin: Record<string, string> };
  const entry = bin['tap-junit'];
  if (entry === undefined)
    throw new Error(`${manifestPath} names no program tap-junit: install tap-junit 5.0.4`);
  return join(dirname(manifestPath), entry);
}

function runNode(args: string[], cwd: string, withinMs: number): Promise<Omit<Conversion, 'xml'>> {
  return new Promise((resolve) => {
    // An empty environment: NODE_OPTIONS of the caller (a preload, an inspector) is not for this process.
    const options = {
      cwd,
      env: {},
      timeout: withinMs,
      killSignal: 'SIGKILL',
      maxBuffer: 16 * 1024 * 1024,
    } as const;
    const child = execFile(process.execPath, args, options, (error, _stdout, stderr) => {
      const reason = error !== null && child.exitCode === null ? `${error.message}\n` : '';
      const text = `${reason}${stderr}`.slice(-MAX_STDERR);
      resolve({ exitCode: child.exitCode, signal: child.signalCode, stderr: text });
    });
  });
}
