/**
 * One test case of the final JUnit document: takes tap-junit's element, keeps its name and its mark, and fills in
 * what tap-junit drops. Pure; called by `junit-document.ts`.
 */
import type { Document, Element } from '@xmldom/xmldom';
import { cleanText, cutText, oneLine } from '../../harness/renderers/clean-text.ts';
import type { ReportCase } from '../../harness/renderers/run-report.ts';

/** `plain` is valid against Jenkins' schema; `annotated` has `file` and `line` on the test cases. */
export type Flavour = 'plain' | 'annotated';

/** GitLab refuses a file above 30 MB: a message and a body have a limit each. */
const MAX_MESSAGE_BYTES = 4_096;
const MAX_BODY_BYTES = 16_384;

/** The element with everything that the case has to say; whatever it held before is replaced. */
export function fillTestcase(
  document: Document,
  element: Element,
  one: ReportCase,
  flavour: Flavour,
): Element {
  for (const { name } of [...element.attributes]) element.removeAttribute(name);
  while (element.firstChild !== null) element.removeChild(element.firstChild);
  setAttributes(element, { name: one.name, classname: classnameOf(one), time: seconds(one.durationMs) });
  if (flavour === 'annotated' && one.location !== undefined) {
    setAttributes(element, { file: one.location.file, line: String(one.location.line) });
  }
  const mark = MARK[one.outcome](document, one);
  if (mark !== undefined) element.appendChild(mark);
  const output = outputOf(one);
  if (output !== '') element.appendChild(textElement(document, 'system-out', output));
  return element;
}

const MARK = {
  pass: () => undefined,
  skip: (document, one) => {
    const skipped = document.createElement('skipped');
    // The reason is an attribute: Allure 3 counts a skip with a body as passed.
    setAttributes(skipped, { message: messageOf(one, 'no reason was given') });
    return skipped;
  },
  fail: (document, one) => markElement(document, 'failure', 'fail', one),
  unknown: (document, one) => markElement(document, 'error', 'unknown', one),
} satisfies Record<ReportCase['outcome'], (document: Document, one: ReportCase) => Element | undefined>;

function markElement(document: Document, tag: 'failure' | 'error', type: string, one: ReportCase): Element {
  const element = textElement(document, tag, bodyOf(one));
  setAttributes(element, { type, message: messageOf(one, 'no message was given') });
  return element;
}

/** `src/main.ts:12` first, because readers look for it there; then everything a person needs. */
function bodyOf(one: ReportCase): string {
  const lines = [
    ...(one.location === undefined ? [] : [placeOf(one.location)]),
    messageOf(one, 'no message was given'),
    ...(one.fix === undefined ? [] : [`fix: ${oneLine(one.fix)}`]),
    ...(one.path ?? []).map(({ location, note }) => `  at ${placeOf(location)} ${oneLine(note)}`),
    ...one.evidence.map((file) => `evidence: ${oneLine(file)}`),
  ];
  return cutText(lines.join('\n'), MAX_BODY_BYTES);
}

function outputOf(one: ReportCase): string {
  if (one.fingerprint === '' && one.evidence.length === 0) return '';
  const lines = [
    `fingerprint: ${oneLine(one.fingerprint)}`,
    ...one.evidence.map((file) => `evidence: ${oneLine(file)}`),
  ];
  return cutText(lines.join('\n'), MAX_BODY_BYTES);
}

function placeOf({ file, line }: { file: string; line: number }): string {
  return `${oneLine(file)}:${line}`;
}

function messageOf(one: ReportCase, absent: string): string {
  return cutText(oneLine(one.message), MAX_MESSAGE_BYTES) || absent;
}

/** Dots make packages: they are for the readers that build a tree, and not part of a name. */
function classnameOf(one: ReportCase): string {
  return ['shakedown', one.stage, one.check]
    .map((part) => oneLine(part).replace(/[.\s]+/g, '_') || '_')
    .join('.');
}

function textElement(document: Document, tag: string, text: string): Element {
  const element = document.createElement(tag);
  element.appendChild(document.createTextNode(cleanText(text)));
  return element;
}

/** Seconds with three decimals: never empty, never negative, never NaN. */
export function seconds(durationMs: number): string {
  return (Number.isFinite(durationMs) ? Math.max(0, durationMs) / 1000 : 0).toFixed(3);
}

/** Sets attributes in order, as text that XML can carry. */
export function setAttributes(element: Element, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, oneLine(value));
}
