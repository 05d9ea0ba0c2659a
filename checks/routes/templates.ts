/**
 * Fills in what setups captured: `{botId}` in paths, parameters and bodies.
 * Used by the observing half of the routes stage.
 */
import { randomBytes } from 'node:crypto';

/** A value of an answer under the name that a setup gave it. */
export type Captured = string | number | boolean;
export type Captures = Readonly<Record<string, Captured>>;

const NAME = /\{([A-Za-z]\w*)\}/g;

/** Names in braces of every text in a value, `random` apart. */
export function namesIn(value: unknown): string[] {
  if (typeof value === 'string') {
    return [...value.matchAll(NAME)].map((match) => match[1] ?? '').filter((name) => name !== 'random');
  }
  if (typeof value !== 'object' || value === null) return [];
  return [...new Set(Object.values(value).flatMap(namesIn))];
}

/**
 * A copy of a JSON value with the names filled in. A text that is nothing but a name becomes the value itself, a number
 * stays one. Braces around any other word stay as they are. `{random}` is one new word in all of the value.
 */
export function fillTemplates(value: unknown, captures: Captures, random = randomWord()): unknown {
  if (typeof value === 'string') return fillWhole(value, { ...captures, random });
  if (Array.isArray(value)) return value.map((item) => fillTemplates(item, captures, random));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, fillTemplates(item, captures, random)]),
  );
}

/** A text with the names filled in. */
export function fillText(text: string, captures: Captures, random = randomWord()): string {
  return String(fillWhole(text, { ...captures, random }));
}

/** Texts with the names filled in. */
export function fillTexts(
  texts: Readonly<Record<string, string>>,
  captures: Captures,
  random = randomWord(),
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, fillText(text, captures, random)]),
  );
}

function fillWhole(text: string, captures: Captures): Captured {
  const [, only = ''] = /^\{([A-Za-z]\w*)\}$/.exec(text) ?? [];
  const whole = Object.hasOwn(captures, only) ? captures[only] : undefined;
  if (whole !== undefined) return whole;
  return text.replace(NAME, (written, name: string) =>
    Object.hasOwn(captures, name) ? String(captures[name]) : written,
  );
}

/** Lower case letters and digits: good in names, addresses and identifiers. */
export function randomWord(): string {
  return randomBytes(6).toString('hex');
}
