/**
 * The final JUnit documents: one suite per check, times, class names, bodies, properties. Pure; called by `junit.ts`.
 * `plain` is valid against Jenkins' junit-10.xsd; `annotated` adds `file` and `line` to the test cases for the
 * readers that want them and that the schema forbids.
 */
import { type Document, DOMImplementation, type Element, XMLSerializer } from '@xmldom/xmldom';
import { countCases, type ReportCase, type RunSummaryInput } from '../../harness/renderers/run-report.ts';
import { oneLine } from '../../harness/renderers/clean-text.ts';
import {
  fillTestcase,
  type Flavour,
  FULL_TEXT,
  seconds,
  setAttributes,
  SHORT_TEXT,
  type TextLimits,
} from './junit-testcase.ts';

/** A time of day that a reader can parse; a damaged run may hold something else. */
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** What goes into a document: the cases, tap-junit's element of each (absent when it failed its check), the problems. */
export interface JunitContent {
  input: RunSummaryInput;
  cases: readonly ReportCase[];
  testcases?: readonly Element[];
  problems: readonly string[];
}

/** The numbers that a document must show. */
export interface JunitTotals {
  tests: number;
  failures: number;
  errors: number;
  skipped: number;
}

/** GitLab refuses a larger file. */
const MAX_FILE_BYTES = 30_000_000;

/** A document as text, ending in a newline. Each problem is a test case with an error: the file cannot be green. */
export function renderJunit(
  content: JunitContent,
  flavour: Flavour,
  maxFileBytes: number = MAX_FILE_BYTES,
): string {
  const text = documentText(content, { flavour, limits: FULL_TEXT });
  return Buffer.byteLength(text) <= maxFileBytes
    ? text
    : documentText(content, { flavour, limits: SHORT_TEXT });
}

interface Form {
  flavour: Flavour;
  limits: TextLimits;
}

function documentText(content: JunitContent, form: Form): string {
  const document = new DOMImplementation().createDocument(null, 'testsuites', null);
  const root = document.documentElement;
  if (root === null) throw new Error('xmldom made a document without a root element');
  const { input } = content;
  const name = `shakedown ${input.header.command}`;
  setAttributes(root, { name, time: seconds(input.durationMs), ...rootTotals(content) });
  for (const suite of suitesOf(content))
    append(document, root, suiteElement(document, suite, input, form), 1);
  if (content.problems.length > 0) append(document, root, problemSuite(document, content), 1);
  root.appendChild(document.createTextNode('\n'));
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(document)}\n`;
}

/** The totals of cases and problems. */
export function totalsOf(cases: readonly ReportCase[], problems: number): JunitTotals {
  const { fail, unknown, skip } = countCases(cases);
  return { tests: cases.length + problems, failures: fail, errors: unknown + problems, skipped: skip };
}

interface Suite {
  name: string;
  members: { one: ReportCase; converted: Element | undefined }[];
}

function suitesOf({ cases, testcases }: JunitContent): Suite[] {
  const members = cases.map((one, index) => ({ one, converted: testcases?.[index] }));
  const groups = Map.groupBy(members, ({ one }) => oneLine(`${one.stage}/${one.check}`));
  return [...groups].map(([name, group]) => ({ name, members: group }));
}

function suiteElement(document: Document, suite: Suite, input: RunSummaryInput, form: Form): Element {
  const cases = suite.members.map(({ one }) => one);
  const element = document.createElement('testsuite');
  const starts = cases
    .map(({ startedAt }) => startedAt)
    .filter((at) => ISO_TIME.test(at))
    .sort();
  const file = sharedFile(cases);
  setAttributes(element, {
    name: suite.name,
    ...stringTotals(totalsOf(cases, 0)),
    time: seconds(cases.reduce((sum, { durationMs }) => sum + durationMs, 0)),
    timestamp: starts[0] ?? input.startedAt,
    hostname: input.header.host.name,
    ...(file === undefined ? {} : { file }),
  });
  append(document, element, propertiesElement(document, input), 2);
  for (const { one, converted } of suite.members) {
    const testcase =
      converted === undefined ? document.createElement('testcase') : document.importNode(converted, false);
    append(document, element, fillTestcase(document, testcase, one, form), 2);
  }
  element.appendChild(document.createTextNode('\n  '));
  return element;
}

const PROBLEM_FORM = { flavour: 'plain', limits: FULL_TEXT } as const satisfies Form;

/** What went wrong with the report itself: a bail-out, a plan that was not kept, a difference to the verdicts. */
function problemSuite(document: Document, { input, problems }: JunitContent): Element {
  const suite = document.createElement('testsuite');
  setAttributes(suite, {
    name: 'gate/report',
    ...stringTotals(totalsOf([], problems.length)),
    time: seconds(0),
    timestamp: input.startedAt,
    hostname: input.header.host.name,
  });
  append(document, suite, propertiesElement(document, input), 2);
  for (const [index, problem] of problems.entries()) {
    const one: ReportCase = {
      stage: 'gate',
      check: 'report',
      subject: `problem ${index + 1}`,
      name: `gate/report problem ${index + 1}`,
      outcome: 'unknown',
      message: problem,
      fix: 'the report does not show what the gate found: read results.tap and summary.json beside it',
      evidence: [],
      startedAt: input.startedAt,
      durationMs: 0,
      fingerprint: 'none',
    };
    append(document, suite, fillTestcase(document, document.createElement('testcase'), one, PROBLEM_FORM), 2);
  }
  suite.appendChild(document.createTextNode('\n  '));
  return suite;
}

function propertiesElement(document: Document, { header, serviceNode }: RunSummaryInput): Element {
  const properties = document.createElement('properties');
  const values = {
    'shakedown.version': header.tool.version,
    'run.id': header.runId,
    'git.commit':
      header.git === undefined ? 'unknown' : `${header.git.commit}${header.git.dirty ? ' (dirty)' : ''}`,
    'node.harness': header.node.version,
    'node.service': serviceNode ?? 'not started',
    seed: String(header.seed),
  };
  for (const [name, value] of Object.entries(values)) {
    const property = document.createElement('property');
    setAttributes(property, { name, value });
    append(document, properties, property, 3);
  }
  properties.appendChild(document.createTextNode('\n    '));
  return properties;
}

function rootTotals({ cases, problems }: JunitContent): Record<string, string> {
  // The schema knows no `skipped` on the root.
  const { tests, failures, errors } = stringTotals(totalsOf(cases, problems.length));
  return { tests, failures, errors };
}

function stringTotals({ tests, failures, errors, skipped }: JunitTotals): Record<keyof JunitTotals, string> {
  return {
    tests: String(tests),
    failures: String(failures),
    errors: String(errors),
    skipped: String(skipped),
  };
}

/** The file of every case of a suite, when it is one and the same. */
function sharedFile(cases: readonly ReportCase[]): string | undefined {
  const files = new Set(cases.map(({ location }) => location?.file));
  const [file] = files;
  return files.size === 1 ? file : undefined;
}

function append(document: Document, parent: Element, child: Element, depth: number): void {
  parent.appendChild(document.createTextNode(`\n${'  '.repeat(depth)}`));
  parent.appendChild(child);
}
