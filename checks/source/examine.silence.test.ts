/** Silence is not a pass: what a rule leaves open, throws, or never comes to. */
import { describe, expect, it } from 'vitest';
import { checkFiles } from './testing-project.ts';
import type { Given } from './given.ts';
import { defineRule, type AnyRule } from './rule.ts';

const location = { file: 'main.ts', line: 1, column: 1 };
const rule = (check: AnyRule['check']): AnyRule =>
  defineRule({
    id: 'probe',
    title: 'a probe',
    why: 'test',
    fix: 'none',
    messages: { wrong: 'wrong {what} here' },
    check,
  });

async function outcomes(check: AnyRule['check'], rules = {}): Promise<string[]> {
  const result = await checkFiles({ 'main.ts': 'export {};' }, { rules }, { rules: [rule(check)] });
  return result.verdicts
    .filter((each) => each.check === 'probe')
    .map((each) => `${each.outcome}: ${each.message}`);
}

describe('examine', () => {
  it('turns a handle that is left open into unknown', async () => {
    const found = await outcomes(({ examine }) => void examine({ subject: 'forgotten', location }));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^unknown: rule probe began to examine forgotten and came to no verdict/);
  });

  it('turns a handle that is closed twice into unknown', async () => {
    const found = await outcomes(({ examine }) => {
      const handle = examine({ subject: 'twice', location });
      handle.pass();
      handle.pass();
    });
    expect(found[0]).toMatch(/^unknown: rule probe judged twice twice/);
  });

  it('keeps what was judged before a crash, and says that the rule crashed', async () => {
    const found = await outcomes(({ examine }) => {
      examine({ subject: 'first', location }).pass();
      examine({ subject: 'second', location }).fail('wrong', { what: 'thing' });
      throw new Error('boom');
    });
    expect(found).toEqual([
      'pass: a probe: first',
      'fail: wrong thing here',
      expect.stringMatching(/^unknown: rule probe crashed: boom/),
    ]);
  });

  it('a message that the rule does not have is a crash, not a verdict without text', async () => {
    const found = await outcomes(({ examine }) => examine({ subject: 'x', location }).fail('other'));
    expect(found.some((each) => each.includes('has no message other'))).toBe(true);
    expect(found.some((each) => each.startsWith('pass'))).toBe(false);
  });

  it('says how many files were searched when there is no subject', async () => {
    expect(await outcomes(() => undefined)).toEqual([
      'skip: nothing that rule probe is about: 1 file searched',
    ]);
    expect((await outcomes(() => undefined, { mustHaveSubjects: ['probe'] }))[0]).toMatch(
      /^unknown: rule probe must have subjects/,
    );
  });

  it('tells equal subjects apart by their order in the file', async () => {
    const result = await checkFiles(
      { 'main.ts': 'export {};' },
      {},
      {
        rules: [
          rule(({ examine }) =>
            [3, 1, 2].forEach((line) => examine({ subject: 'same', location: { ...location, line } }).pass()),
          ),
        ],
      },
    );
    const found = result.verdicts.filter((each) => each.check === 'probe');
    expect(found.map((each) => `${each.location?.line} ${each.subject}`)).toEqual([
      '1 same',
      '2 same #2',
      '3 same #3',
    ]);
    expect(new Set(found.map((each) => each.fingerprint)).size).toBe(3);
  });

  it('skips a rule whose need is not there, and says what is missing', async () => {
    const needy = {
      ...rule(({ examine }) => examine({ subject: 'x', location }).pass()),
      needs: ['unit'] as const,
    };
    const ask = async (given: Given): Promise<string[]> => {
      const { verdicts } = await checkFiles({ 'main.ts': 'export {};' }, {}, { rules: [needy], given });
      return verdicts
        .filter((each) => each.check === 'probe')
        .map((each) => `${each.outcome}: ${each.message}`);
    };
    expect(await ask({})).toEqual([
      'skip: nothing that rule probe is about: it needs a systemd unit or an orchestrator file that runs the service, and none was found',
    ]);
    const unit = { location, words: 'TimeoutStopSec=5', stopWithinMs: 5_000 };
    expect((await ask({ unit: [unit] }))[0]).toMatch(/^pass/);
  });
});
