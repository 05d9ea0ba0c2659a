/**
 * Masks secrets before anything is written: values of environment variables whose names say so, and what
 * looks like a credential wherever it stands. Used by the run store for every file of a run.
 */

/** What stands where a secret stood. */
export const MASKED = '***';

/** Names (of variables, JSON keys, headers) whose values are secrets. */
export const SECRET_NAME =
  /secret|token|passw(?:or)?d|passphrase|api[-_]?key|private[-_]?key|credential|authorization|cookie|dsn/i;

/** Shorter values are ordinary words too often: masking them everywhere would make a log unreadable. */
const MIN_VALUE_LENGTH = 6;

const CREDENTIAL_FORMS: readonly [RegExp, string][] = [
  // JSON Web Tokens, in any position.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, MASKED],
  // `Authorization: Bearer abc`, `authorization=Basic abc`, and the bare scheme with its credential.
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${MASKED}`],
  // "password":"abc" as JSON loggers write it, with escaped quotes inside the value; \" covers JSON inside JSON.
  [
    /(\\?"[\w-]*(?:secret|token|passw(?:or)?d|passphrase|api[-_]?key|private[-_]?key|credential|authorization|cookie)[\w-]*\\?"\s*:\s*\\?")(?:[^"\\]|\\[^"])+/gi,
    `$1${MASKED}`,
  ],
  // Cookie: a=b; c=d up to the end of the line or the closing quote.
  [/\b((?:set-)?cookie\s*[:=]\s*)[^"'\r\n]+/gi, `$1${MASKED}`],
  // password=abc, API_TOKEN=abc
  [/\b([\w-]*(?:secret|token|passw(?:or)?d|api[-_]?key)[\w-]*=)[^\s&"',;\\]+/gi, `$1${MASKED}`],
  // user:password in a URL
  [/(\b[a-z][a-z0-9+.-]*:\/\/[^\s:/@"']+:)[^\s@/"']+(?=@)/gi, `$1${MASKED}`],
];

export interface Mask {
  /** Text with every known secret replaced. Never changes the number of lines. */
  text(text: string): string;
  /** A copy of a JSON value with secrets replaced in strings, and whole values under secret names. */
  json(value: unknown): unknown;
  /** Learns another secret value. */
  add(value: string): void;
}

/** Builds a mask from environments; `names` lists further variables whose values are secret. */
export function createMask(
  environment: Record<string, string | undefined>,
  names: readonly string[] = [],
): Mask {
  const values = new Set<string>();
  let matcher: RegExp | undefined;
  const add = (value: string): void => {
    for (const spelling of spellingsOf(value)) if (spelling.length >= MIN_VALUE_LENGTH) values.add(spelling);
    const longestFirst = [...values].sort((a, b) => b.length - a.length);
    matcher =
      longestFirst.length === 0 ? undefined : new RegExp(longestFirst.map(escapePattern).join('|'), 'g');
  };
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (SECRET_NAME.test(name) || names.includes(name))) add(value);
  }
  const text = (input: string): string => {
    let output = matcher === undefined ? input : input.replace(matcher, MASKED);
    for (const [form, replacement] of CREDENTIAL_FORMS) output = output.replace(form, replacement);
    return output;
  };
  return { text, json: (value) => maskJson(value, text), add };
}

function maskJson(value: unknown, text: (input: string) => string): unknown {
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return value.map((item) => maskJson(item, text));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      typeof item === 'string' && SECRET_NAME.test(key) ? MASKED : maskJson(item, text),
    ]),
  );
}

/** A secret turns up as it is, inside JSON strings and inside URLs. */
function spellingsOf(value: string): string[] {
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)];
}

function escapePattern(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
