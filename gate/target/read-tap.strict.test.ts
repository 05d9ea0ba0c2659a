/** TAP that is not whole never looks like TAP in which all is well. */
import { describe, expect, it } from 'vitest';
import { readTap } from './read-tap.ts';

const WHOLE = `TAP version 13
1..4
# {"unit":"demo","durationMs":3}
ok 1 - unit-active
# demo.service is active
not ok 2 - health
  ---
  message: "no answer: \\"refused\\""
  severity: "fail"
  ...
not ok 3 - journal-clean
  ---
  message: "the journal could not be read"
  severity: "unknown"
  ...
ok 4 - proxied # SKIP there is no proxy
`;

describe('TAP of a server', () => {
  it('is read with what it says', () => {
    expect(readTap(WHOLE)).toEqual({
      missing: [],
      results: [
        { name: 'unit-active', outcome: 'pass', message: 'demo.service is active' },
        { name: 'health', outcome: 'fail', message: 'no answer: "refused"' },
        { name: 'journal-clean', outcome: 'unknown', message: 'the journal could not be read' },
        { name: 'proxied', outcome: 'skip', message: 'there is no proxy' },
      ],
    });
  });

  it.each([
    ['nothing', '', /there is no plan/],
    ['a plan alone', '1..3\n', /3 checks were planned, 0 are told/],
    ['no plan', 'ok 1 - a\n', /there is no plan/],
    ['an empty plan', '1..0\n', /nothing was planned/],
    ['a cut stream', '1..2\nok 1 - a\n', /2 checks were planned, 1 are told/],
    ['a number out of order', '1..2\nok 1 - a\nok 3 - b\n', /is number 2/],
    ['a bail-out', '1..1\nok 1 - a\nBail out! no root\n', /Bail out/],
    ['two plans', '1..1\nok 1 - a\n1..1\n', /two plans/],
  ])('with %s is not whole', (_what, text, reason) => {
    expect(readTap(text).missing.join('; ')).toMatch(reason);
  });

  it('is not excused by TODO', () => {
    expect(readTap('1..1\nnot ok 1 - a # TODO later\n').results).toMatchObject([{ outcome: 'fail' }]);
  });
});
