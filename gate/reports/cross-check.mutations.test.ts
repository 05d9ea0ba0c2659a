/** Every way in which a conversion can go wrong without saying so: each must be caught, and no report may be green. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportCases } from '../../harness/renderers/run-report.ts';
import { renderTap } from '../../harness/renderers/tap.ts';
import { type Conversion, convertTap } from './convert-tap.ts';
import { readInput } from './golden-runs.ts';
import { convertToJunit, junitReports } from './junit.ts';

const scratch = mkdtempSync(join(tmpdir(), 'shakedown-mutations-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const mixed = readInput('mixed');
const mixedTap = renderTap(reportCases(mixed));
const allPass = readInput('all-pass');
const allPassTap = renderTap(reportCases(allPass));
const WITHIN_MS = 30_000;

describe('the XML of tap-junit', () => {
  let good: Conversion;
  beforeAll(async () => {
    good = await convertTap(mixedTap, scratch, WITHIN_MS);
  });

  it('is accepted as it is', () => {
    expect(good.exitCode).toBe(1);
    expect(junitReports(mixed, mixedTap, good).problems).toEqual([]);
  });

  it.each<[string, string | RegExp, string, RegExp]>([
    [
      'a dropped test case',
      /<testcase name="source\/start[^]*?<\/testcase>/,
      '',
      /wrote 8 test cases, expected 9/,
    ],
    ['a failure that became a pass', /<failure [^>]*type="fail"\/>/, '', /has status pass, expected fail/],
    [
      'an unknown that became a failure',
      'type="unknown"',
      'type="fail"',
      /has status fail, expected unknown/,
    ],
    [
      'a pass that became a skip',
      /(name="source\/start-awaited[^>]*>)/,
      '$1<skipped/>',
      /has status skip, expected pass/,
    ],
    ['a skip that became a pass', '<skipped/>', '', /has status pass, expected skip/],
    ['a failure of another type', 'type="fail"', 'type="yaml"', /failure of type yaml/],
    ['two marks on one case', '<skipped/>', '<skipped/><failure type="fail"/>', /skipped and failure/],
    [
      'a renamed test case',
      'cycle 1 of 2',
      'cycle 7 of 2',
      /is named ".*cycle 7 of 2", expected ".*cycle 1 of 2"/,
    ],
    ['a test case twice', /(<testcase [^]*?<\/testcase>)/, '$1$1', /wrote 10 test cases, expected 9/],
    ['a wrong total', 'failures="3"', 'failures="2"', /counts testsuites failures 2, expected 3/],
    ['a second suite', '</testsuite>', '</testsuite><testsuite/>', /exactly one <testsuite>/],
    ['another root', /testsuites/g, 'results', /its root is <results>/],
    ['a truncated file', /[^]{40}$/, '', /malformed XML/],
    ['half of it', /[^]{1500}$/, '', /malformed XML/],
    ['an empty file', /[^]*/, '', /malformed XML/],
    ['garbage', /[^]*/, 'Segmentation fault (core dumped)', /malformed XML/],
    ['a control character', 'cycle 1', 'cycle\u00011', /forbidden character U\+0001/],
    ['a reference to a control character', 'cycle 1', 'cycle&#1;1', /forbidden character/],
    ['a bare ampersand', 'cycle 1', 'cycle & 1', /an & that begins no reference/],
    ['an unknown entity', 'cycle 1', 'cycle&nbsp;1', /an & that begins no reference/],
  ])('is refused with %s', (_what, from, to, problem) => {
    const changed = good.xml?.replace(from, to);
    expect(changed).not.toBe(good.xml);
    const reports = junitReports(mixed, mixedTap, { ...good, xml: changed ?? '' });
    expect(reports.problems.join('\n')).toMatch(problem);
    expectRed(reports.plain);
    expectRed(reports.annotated);
  });

  it('is refused when there is none, or when tap-junit did not end as it must', () => {
    const { xml: _xml, ...without } = good;
    expect(junitReports(mixed, mixedTap, without).problems).toContain('tap-junit wrote no XML');
    const green = junitReports(mixed, mixedTap, { ...good, exitCode: 0, stderr: '' });
    expect(green.problems).toEqual(['tap-junit exited 0, expected exit 1']);
    const killed = junitReports(mixed, mixedTap, { ...good, exitCode: null, signal: 'SIGKILL', stderr: 'x' });
    expect(killed.problems).toEqual(['tap-junit was ended by SIGKILL, expected exit 1; it said: x']);
  });
});

describe('a TAP stream of a run that passed', () => {
  const lines = allPassTap.trimEnd().split('\n');

  it('is accepted as it is', async () => {
    expect((await convertToJunit(allPass, allPassTap, scratch, WITHIN_MS)).problems).toEqual([]);
  });

  it.each<[string, string, RegExp]>([
    ['empty', '', /0 test points, expected 8/],
    ['garbage', 'npm error code ELIFECYCLE\n', /begins with "npm error/],
    ['cut off in the middle', allPassTap.slice(0, allPassTap.length / 2), /test points, expected 8/],
    ['cut off in its last line', allPassTap.slice(0, -9), /its last line has no end/],
    [
      'a bail-out at the end',
      `${allPassTap}Bail out! the database is gone\n`,
      /bails out: Bail out! the database is gone/,
    ],
    ['a bail-out in the middle', lines.toSpliced(7, 0, 'bail out!').join('\n') + '\n', /bails out/],
    ['without a plan', lines.toSpliced(1, 1).join('\n') + '\n', /0 plans/],
    ['a plan that was not kept', allPassTap.replace('1..8', '1..9'), /plan is 1..9, expected 1..8/],
    ['two plans', `${allPassTap}1..8\n`, /2 plans/],
    ['all skipped by its plan', 'TAP version 13\n1..0 # SKIP nothing to do\n', /plan is 1..0, expected 1..8/],
    ['without a version', lines.slice(1).join('\n') + '\n', /begins with "1..8"/],
    ['a point too many', `${allPassTap}ok 9 - one more\n`, /9 test points, expected 8/],
    [
      'a failure that nobody reported',
      allPassTap.replace('\nok 3', '\nnot ok 3'),
      /exited 1, expected exit 0/,
    ],
    [
      'a failure as TODO',
      allPassTap.replace(/\nok 3(.*)/, '\nnot ok 3$1 # TODO later'),
      /status .*, expected pass/,
    ],
  ])('is refused when it is %s', async (_what, tap, problem) => {
    const reports = await convertToJunit(allPass, tap, scratch, WITHIN_MS);
    expect(reports.problems.join('\n')).toMatch(problem);
    expectRed(reports.plain);
    expectRed(reports.annotated);
  });

  it('is refused when tap-junit takes longer than it may', async () => {
    const reports = await convertToJunit(allPass, allPassTap, scratch, 1);
    expect(reports.problems).toContain('tap-junit wrote no XML');
    expectRed(reports.plain);
  });
});

function expectRed(xml: string): void {
  expect(xml).toMatch(/<testsuites [^>]*errors="[1-9]/);
  expect(xml).toContain('<testsuite name="gate/report"');
}
