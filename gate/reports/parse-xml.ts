/**
 * A strict XML parse on top of xmldom, which lets a bare `&` and forbidden characters through. Called by the
 * cross-check on what tap-junit wrote and on what we wrote ourselves.
 */
import { type Document, DOMParser, type Element, type Node } from '@xmldom/xmldom';
import { errorText } from '../../harness/errors.ts';

const FORBIDDEN_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
const REFERENCE = /&(?:(?:amp|lt|gt|quot|apos)|#(?<decimal>\d+)|#x(?<hexadecimal>[\da-fA-F]+));/y;

/** @throws Error when the text is not well-formed XML 1.0; the message says what is wrong. */
export function parseXml(text: string): Document {
  const character = FORBIDDEN_CHARACTER.exec(text);
  if (character !== null)
    throw new Error(`malformed XML: ${codeOf(character[0])} at offset ${character.index}`);
  if (!text.isWellFormed()) throw new Error('malformed XML: half of a surrogate pair');
  checkReferences(text);
  const stop = (level: string, message: string): void => {
    // U+FFFD is a legal character: a service that logs bytes that are no UTF-8 puts it there.
    if (level === 'warning' && message.startsWith('Unicode replacement character')) return;
    throw new Error(`${level}: ${message}`);
  };
  try {
    return new DOMParser({ onError: stop }).parseFromString(text, 'text/xml');
  } catch (error) {
    throw new Error(`malformed XML: ${errorText(error).replace(/\s+/g, ' ')}`, { cause: error });
  }
}

/** The child elements of a node, in order. */
export function childElements(parent: Node): Element[] {
  const found: Element[] = [];
  for (let child = parent.firstChild; child !== null; child = child.nextSibling) {
    if (child.nodeType === child.ELEMENT_NODE) found.push(child as Element);
  }
  return found;
}

function checkReferences(text: string): void {
  for (let at = text.indexOf('&'); at !== -1; at = text.indexOf('&', at + 1)) {
    REFERENCE.lastIndex = at;
    const groups = REFERENCE.exec(text);
    if (groups === null) throw new Error(`malformed XML: an & that begins no reference at offset ${at}`);
    const { decimal, hexadecimal } = groups.groups ?? {};
    const code =
      decimal !== undefined ? Number(decimal) : hexadecimal !== undefined ? parseInt(hexadecimal, 16) : 0x26;
    const valid = code <= 0x10ffff && !FORBIDDEN_CHARACTER.test(String.fromCodePoint(code));
    if (!valid) throw new Error(`malformed XML: reference to a forbidden character at offset ${at}`);
  }
}

function codeOf(character: string): string {
  return `forbidden character U+${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
}
