/**
 * Holds what tap-junit made of a run against the run's own cases: count, name and status of every one. Pure;
 * called by `junit.ts`. Everything that differs is told; nothing that differs can become a green report.
 */
import type { Element } from '@xmldom/xmldom';
import { errorText } from '../../harness/errors.ts';
import type { ReportCase } from '../../harness/renderers/run-report.ts';
import { countOutcomes, type Outcome } from '../../harness/verdict.ts';
import type { Conversion } from './convert-tap.ts';
import { childElements, parseXml } from './parse-xml.ts';

/** The test cases of the converter, in the order of the run's, or what is wrong with them (the first difference first). */
export type Checked = { testcases: Element[]; problems: [] } | { testcases?: never; problems: string[] };

/** Compares a stream and its conversion with the cases that both must show. */
export function crossCheck(tap: string, conversion: Conversion, cases: readonly ReportCase[]): Checked {
  const problems = [...streamProblems(tap, cases.length), ...exitProblems(conversion, cases)];
  if (conversion.xml === undefined) return { problems: [...problems, 'tap-junit wrote no XML'] };
  try {
    const testcases = readTestcases(conversion.xml, cases, problems);
    return problems.length === 0 ? { testcases, problems: [] } : { problems };
  } catch (error) {
    return { problems: [...problems, `the XML of tap-junit cannot be read: ${errorText(error)}`] };
  }
}

/** What tap-junit hides of a stream: a bail-out, a plan that was not kept, no points at all. */
export function streamProblems(tap: string, expectedPoints: number): string[] {
  const problems: string[] = [];
  const lines = tap.split('\n');
  const points = lines.filter((line) => /^(?:not )?ok\b/.test(line)).length;
  const plans = lines.flatMap((line) => /^(\d+)\.\.(\d+)/.exec(line)?.[0] ?? []);
  const bailOut = lines.find((line) => /^bail out!/i.test(line));
  if (bailOut !== undefined) problems.push(`the TAP stream bails out: ${bailOut}`);
  if (lines[0] !== 'TAP version 13')
    problems.push(`the TAP stream begins with "${(lines[0] ?? '').slice(0, 80)}"`);
  if (!tap.endsWith('\n')) problems.push('the TAP stream is cut off: its last line has no end');
  if (plans.length !== 1)
    problems.push(`the TAP stream has ${plans.length} plans, expected 1..${expectedPoints}`);
  else if (plans[0] !== `1..${expectedPoints}`)
    problems.push(`the TAP plan is ${plans[0]}, expected 1..${expectedPoints}`);
  if (points !== expectedPoints)
    problems.push(`the TAP stream has ${points} test points, expected ${expectedPoints}`);
  return problems;
}

function exitProblems({ exitCode, signal, stderr }: Conversion, cases: readonly ReportCase[]): string[] {
  const { fail, unknown } = countOutcomes(cases);
  const expected = fail + unknown > 0 ? 1 : 0;
  if (exitCode === expected) return [];
  const how = exitCode === null ? `was ended by ${signal ?? 'nothing known'}` : `exited ${exitCode}`;
  const said = stderr.trim().replace(/\s+/g, ' ').slice(0, 300);
  return [`tap-junit ${how}, expected exit ${expected}${said === '' ? '' : `; it said: ${said}`}`];
}

function readTestcases(xml: string, cases: readonly ReportCase[], problems: string[]): Element[] {
  const root = parseXml(xml).documentElement;
  if (root?.tagName !== 'testsuites')
    throw new Error(`its root is <${root?.tagName ?? 'nothing'}>, expected <testsuites>`);
  const [suite, ...others] = childElements(root);
  if (suite?.tagName !== 'testsuite' || others.length > 0)
    throw new Error('expected exactly one <testsuite>');
  problems.push(...totalProblems(root, suite, cases));
  const testcases = childElements(suite);
  if (testcases.length !== cases.length) {
    problems.push(`tap-junit wrote ${testcases.length} test cases, expected ${cases.length}`);
  }
  const difference = firstDifference(testcases, cases);
  if (difference !== undefined) problems.push(difference);
  return testcases;
}

function totalProblems(root: Element, suite: Element, cases: readonly ReportCase[]): string[] {
  const counts = countOutcomes(cases);
  const failures = counts.fail + counts.unknown;
  const expected = [
    ['testsuites tests', root.getAttribute('tests'), cases.length],
    ['testsuites failures', root.getAttribute('failures'), failures],
    ['testsuite tests', suite.getAttribute('tests'), cases.length],
    ['testsuite failures', suite.getAttribute('failures'), failures],
    ['testsuite skipped', suite.getAttribute('skipped'), counts.skip],
  ] as const;
  return expected
    .filter(([, actual, wanted]) => actual !== String(wanted))
    .map(([what, actual, wanted]) => `tap-junit counts ${what} ${actual ?? 'nothing'}, expected ${wanted}`);
}

function firstDifference(testcases: readonly Element[], cases: readonly ReportCase[]): string | undefined {
  for (const [index, one] of cases.entries()) {
    const element = testcases[index];
    const place = `test case ${index + 1}`;
    if (element === undefined) return `${place} is missing from tap-junit's XML, expected "${one.name}"`;
    if (element.tagName !== 'testcase') return `${place} is a <${element.tagName}>, expected <testcase>`;
    const name = element.getAttribute('name');
    if (name !== one.name) return `${place} is named "${name ?? ''}", expected "${one.name}"`;
    const status = statusOf(element);
    if (status !== one.outcome) return `${place} "${one.name}" has status ${status}, expected ${one.outcome}`;
  }
  return undefined;
}

/** The outcome a test case of tap-junit shows, or words for what it shows instead. */
function statusOf(testcase: Element): Outcome | string {
  const marks = childElements(testcase).filter(({ tagName }) => tagName !== 'system-out');
  const [mark] = marks;
  if (mark === undefined) return 'pass' satisfies Outcome;
  if (marks.length > 1) return marks.map(({ tagName }) => tagName).join(' and ');
  if (mark.tagName === 'skipped') return 'skip' satisfies Outcome;
  if (mark.tagName !== 'failure') return mark.tagName;
  const severity = mark.getAttribute('type');
  return severity === 'fail' || severity === 'unknown' ? severity : `failure of type ${severity ?? 'none'}`;
}
