/**
 * One test case of the final JUnit document: takes tap-junit's element, keeps its name and its mark, and fills in
 * what tap-junit drops. Pure; called by `junit-document.ts`.
 */
import type { Document, Element } from '@xmldom/xmldom';
import { cleanText, cutText, oneLine } from '../../harness/renderers/clean-text.ts';
import { placeText, type ReportCase } from '../../harness/renderers/run-report.ts';

/** `plain` is valid against Jenkins' schema; `annotated` has `file` and `line` on the test cases. */
export type Flavour = 'plain' | 'annotated';

/** How long the texts of one test case may be, in bytes of UTF-8. */
export interface TextLimits {
  messageBytes: number;
  bodyBytes: number;
}

export const FULL_TEXT = { messageBytes: 4_096, bodyBytes: 16_384 } as const satisfies TextLimits;
/** For a run with so many long findings that the file would become larger than a reader takes. */
export const SHORT_TEXT = { messageBytes: 512, bodyBytes: 1_024 } as const satisfies TextLimits;

/** The element with everything that the case has to say; whatever it held before is replaced. */
export function fillTestcase(
  document: Document,
  element: Element,
  one: ReportCase,
  { flavour, limits }: { flavour: Flavour; limits: TextLimits },
): Element {
  for (const { name } of [...element.attributes]) element.removeAttribute(name);
  while (element.firstChild !== null) element.removeChild(element.firstChild);
  setAttributes(element, { name: one.name, classname: classnameOf(one), time: seconds(one.durationMs) });
  if (flavour === 'annotated' && one.location !== undefined) {
    setAttributes(element, { file: one.location.file, line: String(one.location.line) });
  }
  const mark = MARK[one.outcome](document, one, limits);
  if (mark !== undefined) element.appendChild(mark);
  const output = outputOf(one, limits);
  if (output !== '') element.appendChild(textElement(document, 'system-out', output));
  return element;
}

const MARK = {
  pass: () => undefined,
  skip: (document, one, limits) => {
    const skipped = document.createElement('skipped');
    // The reason is an attribute: Allure 3 counts a skip with a body as passed.
    setAttributes(skipped, { message: messageOf(one, limits) });
    return skipped;
  },
  fail: (document, one, limits) => markElement(document, 'failure', one, limits),
  unknown: (document, one, limits) => markElement(document, 'error', one, limits),
} satisfies Record<
  ReportCase['outcome'],
  (document: Document, one: ReportCase, limits: TextLimits) => Element | undefined
>;

function markElement(
  document: Document,
  tag: 'failure' | 'error',
  one: ReportCase,
  limits: TextLimits,
): Element {
  const element = textElement(document, tag, bodyOf(one, limits));
  setAttributes(element, { type: one.outcome, message: messageOf(one, limits) });
  return element;
}

/** `src/main.ts:12` first, because readers look for it there; then everything a person needs. */
function bodyOf(one: ReportCase, limits: TextLimits): string {
  const lines = [
    ...(one.location === undefined ? [] : [placeText({ file: one.location.file, line: one.location.line })]),
    messageOf(one, limits),
    ...(one.fix === undefined ? [] : [`fix: ${oneLine(one.fix)}`]),
    ...(one.path ?? []).map(({ location, note }) => `  at ${placeText(location)} ${oneLine(note)}`),
    ...one.evidence.map((file) => `evidence: ${oneLine(file)}`),
  ];
  return cutText(lines.join('\n'), limits.bodyBytes);
}

function outputOf(one: ReportCase, limits: TextLimits): string {
  const finding = one.outcome === 'fail' || one.outcome === 'unknown';
  if (one.evidence.length === 0 && !finding) return '';
  const lines = [
    `fingerprint: ${oneLine(one.fingerprint)}`,
    ...one.evidence.map((file) => `evidence: ${oneLine(file)}`),
  ];
  return cutText(lines.join('\n'), limits.bodyBytes);
}

function messageOf(one: ReportCase, { messageBytes }: TextLimits): string {
  const absent = one.outcome === 'skip' ? 'no reason was given' : 'no message was given';
  return cutText(oneLine(one.message), messageBytes) || absent;
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
