/** Rows that a user adds to the catalogue are known to the rules as the built-in ones are, and come before them. */
import { describe, expect, it } from 'vitest';
import type { UserConfig } from '../../harness/config.ts';
import { RULES } from './rules.ts';
import { checkFiles } from './testing-project.ts';

type Row = NonNullable<UserConfig['resources']>[number];

const BUS: Row = {
  kind: 'queue',
  noun: 'bus connection',
  opens: ['@acme/bus connect', '@acme/bus Bus'],
  closes: ['leave'],
  startedBy: ['join'],
  releaseReturns: 'promise',
};

/** A package of one's own, as it lies in node_modules. */
const PACKAGE = {
  'node_modules/@acme/bus/package.json': '{"name":"@acme/bus","version":"1.0.0","main":"index.js"}',
  'node_modules/@acme/bus/index.js': 'exports.connect = () => ({ join() {}, async leave() {} });',
};

const service = (stop: string): Record<string, string> => ({
  ...PACKAGE,
  'main.ts': `import { connect } from '@acme/bus';
const bus = connect('bus://here');
bus.join('orders');
process.once('SIGTERM', () => { console.log('bye'); ${stop} });`,
});

const rules = RULES.filter((each) => each.id === 'resource-released');
const outcomes = async (stop: string, resources: Row[]): Promise<string[]> => {
  const { verdicts } = await checkFiles(
    service(stop),
    { source: { entries: ['main.ts'] }, resources },
    { rules },
  );
  return verdicts
    .filter((each) => each.check === 'resource-released')
    .map((each) => `${each.outcome}: ${each.message}`);
};

describe('resources of the configuration', () => {
  it('are unknown without it', async () => {
    expect(await outcomes('', [])).toEqual([
      'skip: nothing that rule resource-released is about: 1 file searched',
    ]);
  });

  it('must be released', async () => {
    expect(await outcomes('', [BUS])).toEqual([
      'fail: bus connection opened in the top level is never released; await leave()',
    ]);
    expect(await outcomes('void bus.leave();', [BUS])).toEqual([
      'pass: what is opened at start is released on the shutdown path: main.ts (module): bus.join()',
    ]);
  });

  it('come before those of the catalogue', async () => {
    const files = {
      'main.ts': `import { Pool } from 'pg';
const pool = new Pool();
process.once('SIGTERM', async () => { await pool.end(); });`,
    };
    const own = { ...BUS, noun: 'pool with a name of its own', opens: ['pg Pool'], startedBy: undefined };
    const { verdicts } = await checkFiles(
      files,
      { source: { entries: ['main.ts'] }, resources: [own] },
      { rules },
    );
    expect(verdicts.flatMap((each) => (each.outcome === 'fail' ? [each.message] : []))).toEqual([
      'pool with a name of its own opened in the top level is never released; await leave()',
    ]);
  });
});
