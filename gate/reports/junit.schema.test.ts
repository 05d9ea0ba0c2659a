/** junit.xml read by an independent validator (xmllint), against our own schema and, where present, against Jenkins'. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { validateXML } from 'xmllint-wasm';
import { readInput, REPORTS_FIXTURES, SPECS } from './golden-runs.ts';

const OWN_SCHEMA = join(REPORTS_FIXTURES, 'junit.xsd');
/** Kept beside the repository, not in it. */
const JENKINS_SCHEMA = join(REPORTS_FIXTURES, '../../../shared/data/junit-10.xsd');

describe.each(SPECS)('junit.xml of the run "%s"', (spec) => {
  const plain = goldenXml(spec, 'junit.xml');
  const annotated = goldenXml(spec, 'junit-annotated.xml');

  it('is exactly what our own schema says', async () => {
    expect(await errorsOf(plain, OWN_SCHEMA)).toEqual([]);
  });

  it('differs from the annotated flavour in file and line of test cases only', async () => {
    const stripped = annotated.replace(/(<testcase [^>]*?) file="[^"]*" line="\d+"/g, '$1');
    expect(stripped).toBe(plain);
  });

  it('is valid for Jenkins', async ({ skip }) => {
    if (!existsSync(JENKINS_SCHEMA))
      skip('junit-10.xsd is not beside the repository; our narrower schema is checked above');
    expect(await errorsOf(plain, JENKINS_SCHEMA)).toEqual([]);
  });
});

describe('our own schema', () => {
  const mixed = goldenXml('mixed', 'junit.xml');

  it.each<[string, string | RegExp, string]>([
    ['file and line on a test case', '<testcase name="', '<testcase file="a.ts" line="1" name="'],
    ['a missing time', / time="0.812"/, ''],
    ['an empty time', ' time="0.812"', ' time=""'],
    ['a time with four decimals', ' time="0.812"', ' time="0.8124"'],
    ['a skip with a body', /<skipped message="[^"]*"\/>/, '<skipped>why</skipped>'],
    ['a skip without a reason', /<skipped message="[^"]*"\/>/, '<skipped/>'],
    ['an error that is called fail', '<error type="unknown"', '<error type="fail"'],
    ['an empty failure', /(<failure [^>]*>)[^<]*</, '$1<'],
    ['two cases of one name', 'cycle 1 of 2"', 'cycle 2 of 2"'],
    ['a suite without a host', / hostname="[^"]*"/, ''],
    [
      'a suite without cases',
      /<testcase name="preflight[^]*?<\/?testcase[^>]*>|<testcase name="preflight[^>]*\/>/,
      '',
    ],
    ['a class name without a stage', 'classname="shakedown.soak.', 'classname="soak.'],
    ['a missing property', /<property name="seed"[^>]*>/, ''],
  ])('refuses %s', async (_what, from, to) => {
    const changed = mixed.replace(from, to);
    expect(changed).not.toBe(mixed);
    expect(await errorsOf(changed, OWN_SCHEMA)).not.toEqual([]);
  });

  it('refuses malformed XML', async () => {
    expect(await errorsOf(mixed.slice(0, -20), OWN_SCHEMA)).not.toEqual([]);
  });
});

function goldenXml(spec: (typeof SPECS)[number], ending: string): string {
  return readFileSync(join(REPORTS_FIXTURES, `${spec}.${readInput(spec).exitCode}.${ending}`), 'utf8');
}

async function errorsOf(xml: string, schemaPath: string): Promise<string[]> {
  const result = await validateXML({
    xml: { fileName: 'junit.xml', contents: xml },
    schema: { fileName: 'schema.xsd', contents: readFileSync(schemaPath, 'utf8') },
  });
  return result.errors.map(({ message }) => message);
}
