/**
 * The signature of a failure: the same for the same fault, whatever numbers, paths and signal names stand in the words
 * of one time. A reduction of a schedule counts only when it fails with the same one. Pure.
 */
import { createHash } from 'node:crypto';

const MAX_WORDS = 48;
/** How Node and most loggers begin the line that names an error. */
const ERROR_HEAD = /^\W*(?:[Uu]ncaught )?\w*(?:Error|Exception)\b[^(]*:/;
const ERROR_LINE = /\b\w*(?:Error|Exception)\b|\berror\b|\bE[A-Z]{4,}\b|\bcannot\b|\bfailed\b|\brefus/;

/** `exit-code-code-1-error-the-listener-is-closed-3f2a`: a file name. */
export function signatureOf(rule: string, detail: readonly string[]): string {
  const [how = '', ...lines] = detail;
  const told = tellingLine(lines);
  const line = ERROR_LINE.test(told) ? told : '';
  const words = [how, line]
    .map(normalise)
    .filter((part) => part !== '')
    .join(' ');
  const slug = words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_WORDS)
    .replace(/^-|-$/g, '');
  const hash = createHash('sha256').update(`${rule} ${words}`).digest('hex').slice(0, 4);
  return [rule, ...(slug === '' ? [] : [slug]), hash].join('-');
}

/** The line that says most about how a life ended: the first with an error, else the last. */
export function tellingLine(lines: readonly string[]): string {
  const plain = lines.map(plainText).filter((text) => text.trim() !== '');
  return (
    plain.find((text) => ERROR_HEAD.test(text)) ??
    plain.find((text) => ERROR_LINE.test(text)) ??
    plain.at(-1) ??
    'it logged nothing'
  );
}

/** What a line of a JSON log says. */
function plainText(line: string): string {
  if (!line.startsWith('{')) return line;
  try {
    const entry = JSON.parse(line) as { msg?: unknown; message?: unknown; err?: { message?: unknown } };
    return [entry.err?.message, entry.msg, entry.message]
      .filter((part) => typeof part === 'string')
      .join(' ');
  } catch {
    return line;
  }
}

/** Without what differs from time to time; the code of an exit stays, it is said by `how`. */
function normalise(text: string, part: number): string {
  const still = text
    .replace(/\bSIG[A-Z0-9]+\b/g, (name) => (part === 0 ? name : 'signal'))
    .replace(/(["'`]).*?\1/g, '')
    .replace(/(?:[A-Za-z]:)?(?:\/[\w.@-]+)+(?::\d+)*/g, '');
  return part === 0 ? still : still.replace(/\b(?:0x)?[0-9a-f]*\d[0-9a-f.:TZ-]*\b/gi, '');
}
