import { beforeAll, expect, test } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import { createMask } from '../../harness/mask.ts';
import type { Verdict } from '../../harness/verdict.ts';
import {
  documentWith,
  json200,
  judgeServer,
  onlyVerdict,
  outcomesOf,
  sendJson,
} from './fixtures/judge-server.ts';
import type { JudgedServer } from './fixtures/judge-server.ts';
import { judgeRoutes } from './judge-routes.ts';

const token = {
  type: 'object',
  properties: { token: { type: 'string', minLength: 20 }, plan: { type: 'integer' } },
};
let run: JudgedServer;

beforeAll(async () => {
  const document = documentWith({
    '/a': { get: json200({ type: 'string' }) },
    '/token': { get: json200(token) },
  });
  run = await judgeServer(
    document,
    (request, response) =>
      sendJson(response, request.url === '/a' ? 'text' : { token: 'x'.repeat(40), plan: 1 }),
    { required: ['GET /a'] },
  );
});

const lastAnswer = (verdicts: Verdict[]) => verdicts.findLast(({ check }) => check === 'answers-as-declared');

const maskLines = (record: string) => {
  const mask = createMask({});
  return record.replace(/.+/g, (line) => JSON.stringify(mask.json(JSON.parse(line))));
};

test('the record alone gives the same verdicts again', async () => {
  expect(await judgeRoutes(run.record, run.documentText, run.config)).toEqual(run.verdicts);
  expect(outcomesOf(run.verdicts, 'answers-as-declared')).toEqual(['pass GET /a', 'pass GET /token']);
});

test('no record, no document, no pass', async () => {
  const nothing = await judgeRoutes('', undefined, run.config);
  expect(nothing.map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown', 'unknown', 'skip']);
  const withoutDocument = await judgeRoutes(run.record, undefined, run.config);
  expect(withoutDocument.map(({ outcome }) => outcome)).toEqual([
    'pass',
    'unknown',
    'unknown',
    'unknown',
    'skip',
  ]);
});

test('a record that is cut off leaves the calls behind the cut unknown', async () => {
  const cut = run.record.slice(0, run.record.indexOf('"operation":"GET /token"') + 5);
  const verdicts = await judgeRoutes(cut, run.documentText, run.config);
  expect(outcomesOf(verdicts, 'answers-as-declared')).toEqual(['pass GET /a', 'unknown GET /token']);
  expect(lastAnswer(verdicts)?.message).toMatch(/the record is damaged: line 5/);
  const whole = run.record.split('\n').slice(0, 4).join('\n');
  expect(lastAnswer(await judgeRoutes(whole, run.documentText, run.config))?.message).toContain(
    'the record ends before the calls did',
  );
});

test('a secret that the record masks is unknown, not a fault of the service', async () => {
  const verdicts = await judgeRoutes(maskLines(run.record), run.documentText, run.config);
  expect(outcomesOf(verdicts, 'answers-as-declared')).toEqual(['pass GET /a', 'unknown GET /token']);
  expect(lastAnswer(verdicts)?.message).toContain('a secret was masked in the record');
});

test('a fault beside a masked secret is still a fault', async () => {
  const faulty = maskLines(run.record).replace('\\"plan\\":1', '\\"plan\\":\\"one\\"');
  const verdicts = await judgeRoutes(faulty, run.documentText, run.config);
  expect(outcomesOf(verdicts, 'answers-as-declared')).toEqual(['pass GET /a', 'fail GET /token']);
});

test('an old run can be judged with another configuration', async () => {
  const routes = {
    required: ['GET /gone'],
    calls: { 'GET /a': { expect: 202 }, 'GET /stale': { expect: 200 } },
    notCalled: { 'GET /token': 'hands out tokens' },
  };
  const verdicts = await judgeRoutes(run.record, run.documentText, configSchema.parse({ routes }));
  expect(onlyVerdict(verdicts, 'required-route')).toMatchObject({ outcome: 'fail', subject: 'GET /gone' });
  expect(outcomesOf(verdicts, 'answers-as-declared')).toEqual([
    'fail GET /a',
    'skip GET /token',
    "unknown routes.calls['GET /stale']",
  ]);
});

test('without routes in the configuration there is nothing to judge', async () => {
  expect(await judgeRoutes(run.record, run.documentText, { routes: false })).toEqual([]);
});
