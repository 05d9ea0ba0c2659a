/**
 * Makes any text fit for TAP, XML and terminals: no escape sequences, no control characters, nothing that XML 1.0
 * forbids. Pure; called by every renderer on everything that came from outside.
 */
import { stripVTControlCharacters } from 'node:util';

/** Characters that end a line in one reader or another; tap-parser stops reading at U+2028 and U+2029. */
const LINE_ENDS = /\r\n|[\r\u0085\u2028\u2029]/g;

/** Characters outside XML 1.0 and the C1 controls. Lone surrogates are replaced before this. */
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;

/** Marks that reorder text on screen, so that a line reads other than it is. */
const REORDERING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** Text that every reader takes; lines end in `\n`, tabs stay. */
export function cleanText(text: string): string {
  return stripVTControlCharacters(text.replace(LINE_ENDS, '\n'))
    .toWellFormed()
    .replace(FORBIDDEN, '')
    .replace(REORDERING, '');
}

/** {@link cleanText} on one line: every run of white space is one space. */
export function oneLine(text: string): string {
  return cleanText(text).replace(/\s+/g, ' ').trim();
}

/** The text within `maxBytes` of UTF-8, cut between characters; a cut says so and how long the whole was. */
export function cutText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length <= maxBytes) return text;
  const ending = ` … (cut: ${bytes.length} bytes in all)`;
  let end = Math.max(0, maxBytes - Buffer.byteLength(ending));
  // A continuation byte (10xxxxxx) belongs to a character that began before the cut.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString('utf8') + ending;
}
