/**
 * JUnit by way of tap-junit: TAP -> tap-junit's XML -> cross-check against the verdicts -> the final documents,
 * read back once more before they count. Called by `write-reports.ts`.
 */
import { errorText } from '../../harness/errors.ts';
import { type ReportCase, reportCases, type RunSummaryInput } from '../../harness/renderers/run-report.ts';
import { convertTap, type Conversion } from './convert-tap.ts';
import { crossCheck } from './cross-check.ts';
import { type JunitTotals, renderJunit, totalsOf } from './junit-document.ts';
import type { Flavour } from './junit-testcase.ts';
import { childElements, parseXml } from './parse-xml.ts';

/** Both flavours as text. With problems they are red, whatever the verdicts say. */
export interface JunitReports {
  plain: string;
  annotated: string;
  problems: string[];
}

/** Turns a run and its TAP stream into JUnit documents. The scratch folder is made in `folder`, and removed. */
export async function convertToJunit(
  input: RunSummaryInput,
  tap: string,
  folder: string,
  withinMs: number,
): Promise<JunitReports> {
  let conversion: Conversion;
  try {
    conversion = await convertTap(tap, folder, withinMs);
  } catch (error) {
    conversion = { exitCode: null, signal: null, stderr: `tap-junit could not be run: ${errorText(error)}` };
  }
  return junitReports(input, tap, conversion);
}

/** The part after the conversion; pure. */
export function junitReports(input: RunSummaryInput, tap: string, conversion: Conversion): JunitReports {
  const cases = reportCases(input);
  const { testcases, problems } = crossCheck(tap, conversion, cases);
  const content = { input, cases, problems, ...(testcases === undefined ? {} : { testcases }) };
  const found = [...problems];
  const render = (flavour: Flavour): string => {
    const text = renderJunit(content, flavour);
    const difference = readBack(text, cases, problems.length);
    if (difference === undefined) return text;
    found.push(`the ${flavour} JUnit document ${difference}`);
    return renderJunit({ input, cases: [], problems: found }, flavour);
  };
  return { plain: render('plain'), annotated: render('annotated'), problems: found };
}

/** What differs between a document as text and the cases it must show; undefined: nothing. */
export function readBack(text: string, cases: readonly ReportCase[], problems: number): string | undefined {
  try {
    const root = parseXml(text).documentElement;
    if (root === null) return 'has no root element';
    const suites = childElements(root);
    const testcases = suites.flatMap(childElements).filter(({ tagName }) => tagName === 'testcase');
    const names = new Set(testcases.map((one) => one.getAttribute('name')));
    const marked = (tag: string): number =>
      testcases.filter((one) => childElements(one).some(({ tagName }) => tagName === tag)).length;
    const sumOf = (total: string): number =>
      suites.reduce((sum, suite) => sum + Number(suite.getAttribute(total)), 0);
    const shown: JunitTotals = {
      tests: testcases.length,
      failures: marked('failure'),
      errors: marked('error'),
      skipped: marked('skipped'),
    };
    const expected = totalsOf(cases, problems);
    for (const [what, wanted] of Object.entries(expected) as [keyof JunitTotals, number][]) {
      if (shown[what] !== wanted) return `shows ${shown[what]} ${what}, expected ${wanted}`;
      if (sumOf(what) !== wanted) return `counts ${sumOf(what)} ${what} in its suites, expected ${wanted}`;
    }
    return names.size === testcases.length ? undefined : 'has two test cases of one name';
  } catch (error) {
    return `cannot be read back: ${errorText(error)}`;
  }
}
