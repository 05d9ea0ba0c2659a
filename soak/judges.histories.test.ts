/** Every judge over stored histories: at least one that fails, one that is unknown, one that passes. */
import { createReadStream, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../harness/config.ts';
import type { Outcome } from '../harness/verdict.ts';
import { parseObservations } from './history.ts';
import type { History } from './history.ts';
import { judgeAll } from './judge-history.ts';
import { JUDGES } from './judge-list.ts';
import { nameCycles } from './judges/judge.ts';
import { scanLog } from './log-scan.ts';
import { REPOSITORY } from './test-context.ts';

const { limits, logs } = configSchema.parse({});
const FIXTURES = join(REPOSITORY, 'fixtures');

type Case = [judge: string, history: string, outcome: Outcome, message: RegExp, log?: string];

const CASES: Case[] = [
  ['became-ready', 'clean', 'pass', /2 starts: median 61 ms, worst 62 ms in cycle 2/],
  [
    'became-ready',
    'never-ready',
    'fail',
    /cycle 2: waited 3000 ms; it listens on 127\.0\.0\.1:20456, expected 20455/,
  ],
  ['became-ready', 'exits-at-start', 'fail', /cycle 2: exited with code 1/],
  ['became-ready', 'slow-ready', 'fail', /too late: .* 15001 ms in cycle 2; limit 15000 ms/],
  ['became-ready', 'interrupted', 'unknown', /no readiness was seen in cycle 2 of 2/],
  ['became-ready', 'empty', 'unknown', /no plan/],
  ['exited-in-time', 'clean', 'pass', /median 110 ms, worst 120 ms in cycle 2/],
  ['exited-in-time', 'still-running', 'fail', /still running 10000 ms .* cycle 2/],
  ['exited-in-time', 'slow-exit', 'fail', /10001 ms in cycle 2; limit 10000 ms/],
  ['exited-in-time', 'planned-only', 'unknown', /cycles 1 and 2 of 2/],
  ['exit-code', 'clean', 'pass', /code 0 in each of 2/],
  ['exit-code', 'exit-code-3', 'fail', /code 3 in cycle 2; expected code 0/],
  ['exit-code', 'ended-by-signal', 'fail', /SIGTERM, without a handler/],
  ['exit-code', 'ended-unrecorded', 'unknown', /cycle 2 is not on record/],
  ['exit-code', 'crashed-under-load', 'fail', /unasked under load in cycle 2 \(code 1\): TypeError/],
  ['exit-code', 'empty', 'unknown', /no plan/],
  ['port-freed', 'clean', 'pass', /at the latest after 1\.5 ms/],
  ['port-freed', 'port-held', 'fail', /cycle 2, by pid 4100 \(node helper\.js\)/],
  ['port-freed', 'port-late', 'fail', /2001 ms .* limit 2000 ms/],
  ['port-freed', 'no-port', 'skip', /does not listen/],
  ['port-freed', 'kept-listener', 'skip', /keeps the listener/],
  ['port-freed', 'interrupted', 'unknown', /cycle 2 of 2/],
  ['requests-kept', 'clean', 'pass', /440 requests sent: 400 answered, 40 refused; at least 4 in flight/],
  ['requests-kept', 'refused-only', 'pass', /2 earlyStatus, 100 refused, 3 resetFresh/],
  [
    'requests-kept',
    'lost-reset-in-flight',
    'fail',
    /GET \/work sent 3\.2 ms before the signal: resetInFlight \(ECONNRESET/,
  ],
  ['requests-kept', 'kept-listener', 'pass', /400 answered/],
  ['requests-kept', 'kept-listener-refused', 'fail', /40 refused.* lost in cycles 1 and 2/],
  ['requests-kept', 'lost-cut', 'fail', /1 cut; .* cycle 2/],
  ['requests-kept', 'lost-wrong-status', 'fail', /wrongStatus \(503\)/],
  ['requests-kept', 'lost-late', 'fail', /1 late/],
  ['requests-kept', 'lost-failed', 'fail', /HPE_INVALID/],
  ['requests-kept', 'lost-reset-reused', 'fail', /1 resetReused/],
  ['requests-kept', 'none-in-flight', 'unknown', /no request was on the wire .* cycle 2/],
  ['requests-kept', 'too-little-load', 'unknown', /49\.9 requests a second in cycle 2, at least 50/],
  ['requests-kept', 'strike-load-missing', 'unknown', /no load around a stop signal .* cycle 2/],
  ['requests-kept', 'load-not-configured', 'unknown', /no load is configured/],
  ['requests-kept', 'no-port', 'skip', /on purpose/],
  ['requests-kept', 'empty', 'unknown', /no plan/],
  ['streams-ended', 'clean', 'pass', /10 event streams open at 2 stop signals were all ended/],
  [
    'streams-ended',
    'streams-cut',
    'fail',
    /of 5 open event streams 2 cut off in cycle 2 \(other side closed\)/,
  ],
  ['streams-ended', 'streams-left-open', 'fail', /5 never ended in cycle 2/],
  [
    'streams-ended',
    'streams-refused',
    'unknown',
    /0 of 5 event streams .* cycle 2: GET \/events answered 401/,
  ],
  ['streams-ended', 'readiness-not-asked', 'unknown', /no event stream was seen in cycles 1 and 2/],
  ['streams-ended', 'empty', 'unknown', /no plan/],
  ['unready-when-draining', 'clean', 'pass', /asked 10 times after 2 .* ready for 2\.5 ms at most, 6 times/],
  ['unready-when-draining', 'ready-while-draining', 'fail', /as ready 1180 ms .* cycle 2; limit 1000 ms/],
  ['unready-when-draining', 'readiness-not-asked', 'unknown', /no question .* cycle 2 of 2/],
  ['unready-when-draining', 'no-port', 'skip', /does not listen/],
  ['log-clean', 'clean', 'pass', /no forbidden line in 4 .* 2 planted lines found again/],
  ['log-clean', 'clean', 'fail', /listener-leak, deprecation; first in line 3: .*MaxListeners/, 'forbidden'],
  [
    'log-clean',
    'clean',
    'unknown',
    /1 of 2 planted lines were not found again \(first in cycle 2\)/,
    'planted-missing',
  ],
  ['log-clean', 'clean', 'unknown', /no line of its own/, 'planted-only'],
  ['log-clean', 'clean', 'unknown', /middle of a line/, 'cut-off'],
  ['log-clean', 'clean', 'unknown', /does not exist/, 'missing'],
  ['log-clean', 'cut-off', 'unknown', /ends in the middle of line/],
  ['log-clean', 'output-elsewhere', 'unknown', /goes elsewhere .*cycle 2/],
  ['log-clean', 'journal-whole', 'pass', /no forbidden line/],
  ['log-clean', 'journal-gap', 'unknown', /not whole in cycle 2: 3 entries after number 11 are gone/],
  ['log-clean', 'journal-gap', 'fail', /listener-leak/, 'forbidden'],
  ['log-clean', 'journal-silent', 'unknown', /no line of its own in cycle 2/],
  ['log-clean', 'journal-not-read', 'unknown', /no reading of the journal was seen in cycle 2/],
  ['log-clean', 'planned-only', 'unknown', /no planted line was seen in cycles 1 and 2/],
  ['descriptors-stable', 'clean', 'pass', /each of 2 lives$/],
  // Two sockets more and a file less is two more: one kind does not make up for another.
  ['descriptors-stable', 'descriptors-grown', 'fail', /2 descriptors more .* cycle 2: socket \+2/],
  ['descriptors-stable', 'probes-unreadable', 'unknown', /EACCES/],
  ['descriptors-stable', 'restless-when-ready', 'unknown', /not come to rest when it was ready in cycle 2/],
  ['descriptors-stable', 'interrupted', 'unknown', /cycle 2 of 2/],
  ['children-stable', 'clean', 'pass', /each of 2 lives$/],
  ['children-stable', 'children-grown', 'fail', /1 child processes more .* pid 4200 \(convert, zombie\)/],
  ['children-stable', 'probes-unreadable', 'unknown', /no \/proc/],
  ['nothing-left-open', 'inside-clean', 'pass', /nothing more is open when quiet again than when ready/],
  [
    'nothing-left-open',
    'inside-grown',
    'fail',
    /40 more of interval .* cycle 2: 41 intervals \(1000 ms\) opened at src\/jobs\.ts:12 in startJobs \[resource-released\]/,
  ],
  ['nothing-left-open', 'inside-listeners-grown', 'fail', /40 more of listeners on process .* cycle 1/],
  [
    'nothing-left-open',
    'inside-cut-off',
    'fail',
    /the exit \(called at src\/main\.ts:40 in stop\) cut off in cycle 2: interval/,
  ],
  [
    'nothing-left-open',
    'inside-overdue',
    'fail',
    /still running 10000 ms after the stop signal, held by in cycle 2: interval .* src\/jobs\.ts:12/,
  ],
  ['nothing-left-open', 'inside-blind', 'unknown', /not seen in cycle 2: waited 3000 ms/],
  ['nothing-left-open', 'inside-no-end', 'unknown', /no look from inside at the end .* cycle 2/],
  ['nothing-left-open', 'inside-silent', 'unknown', /the probe said nothing in cycle 2: .* never loaded/],
  ['nothing-left-open', 'inside-left-out', 'skip', /soak\.inside is false/],
  ['nothing-left-open', 'clean', 'unknown', /no probe/],
  ['no-warnings', 'inside-clean', 'pass', /in 2 lives/],
  ['no-warnings', 'inside-warned', 'fail', /MaxListenersExceededWarning: .* at src\/feed\.ts:9 in subscribe/],
  ['no-warnings', 'inside-silent', 'unknown', /the probe said nothing/],
  ['loop-responsive', 'inside-clean', 'pass', /late by 12 ms at most/],
  ['loop-responsive', 'inside-late', 'fail', /stood still for 1200 ms under load in cycle 1; limit 500 ms/],
  ['loop-responsive', 'inside-silent', 'unknown', /the probe said nothing/],
  ['no-survivors', 'clean', 'pass', /none after each of 2/],
  ['no-survivors', 'survivor', 'fail', /cycle 2: pid 4300 \(node helper\.js\)/],
  ['no-survivors', 'probes-unreadable', 'unknown', /no \/proc/],
  ['no-survivors', 'interrupted', 'unknown', /cycle 2 of 2/],
  ['scenario-complete', 'clean', 'pass', /2 of 2/],
  ['scenario-complete', 'interrupted', 'unknown', /aborted: interrupted/],
  ['scenario-complete', 'cut-off', 'unknown', /ends in the middle of line/],
  ['scenario-complete', 'empty', 'unknown', /no plan was recorded; its end was not recorded/],
];

async function historyOf(name: string, log = 'clean'): Promise<History> {
  const parsed = parseObservations(readFileSync(join(FIXTURES, 'histories', `${name}.ndjson`), 'utf8'));
  if (log === 'missing') {
    return { ...parsed, logScans: [{ readable: false, file: 'service.log', reason: 'it does not exist' }] };
  }
  const chunks = createReadStream(join(FIXTURES, 'logs', `${log}.log`), {
    highWaterMark: 64,
  }) as AsyncIterable<Buffer>;
  return { ...parsed, logScans: [{ readable: true, scan: await scanLog('service.log', chunks, logs) }] };
}

describe('judges', () => {
  it.each(CASES)('%s over %s is %s', async (judge, name, outcome, message, log) => {
    const verdicts = judgeAll(await historyOf(name, log), limits).filter(({ check }) => check === judge);
    expect(verdicts).toHaveLength(1);
    expect(verdicts[0]?.message).toMatch(message);
    expect(verdicts[0]).toMatchObject({ outcome, subject: 'restart-loop', stage: 'soak' });
    if (outcome === 'fail')
      expect(verdicts[0]?.evidence[0]).toMatch(/^stages\/soak\/(observations\.ndjson|service\.log)#/);
    if (outcome !== 'pass' && outcome !== 'skip') expect(verdicts[0]?.fix).toBeTruthy();
  });

  it('each has a case that passes, one that is unknown, and one that fails where it can', () => {
    for (const { id } of JUDGES) {
      const outcomes = new Set(CASES.filter(([judge]) => judge === id).map(([, , outcome]) => outcome));
      // A scenario that is not complete is never the service's fault.
      const needed: Outcome[] =
        id === 'scenario-complete' ? ['pass', 'unknown'] : ['pass', 'unknown', 'fail'];
      expect([...outcomes], id).toEqual(expect.arrayContaining(needed));
    }
  });

  it('are all in the list, each named like its file', () => {
    const shared = ['judge.ts', 'stable-counts.ts', 'moods'];
    const files = readdirSync(join(REPOSITORY, 'soak/judges')).filter((file) => !shared.includes(file));
    expect(JUDGES.map(({ id }) => `${id}.ts`).sort()).toEqual(files.sort());
  });

  it('pass nothing at all over an empty history', async () => {
    const verdicts = judgeAll(await historyOf('empty', 'missing'), limits);
    expect(new Set(verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['unknown']));
  });

  it('hold other limits against the same history', async () => {
    const strict = judgeAll(await historyOf('clean'), {
      ...limits,
      exitWithinMs: 115,
      minRequestsPerSecond: 300,
    });
    const outcomeOf = (id: string) => strict.find(({ check }) => check === id)?.outcome;
    expect([outcomeOf('exited-in-time'), outcomeOf('requests-kept')]).toEqual(['fail', 'unknown']);
    const lax = judgeAll(await historyOf('lost-reset-reused'), { ...limits, resetReusedRequests: 1 });
    expect(lax.find(({ check }) => check === 'requests-kept')?.outcome).toBe('pass');
  });

  it('that throw or say nothing are unknown, and named', async () => {
    const texts = { title: '', why: '', fix: 'x' };
    const broken = [
      {
        id: 'throws',
        ...texts,
        judge: () => {
          throw new Error('boom');
        },
      },
      { id: 'silent', ...texts, judge: () => [] },
    ];
    const verdicts = judgeAll(await historyOf('clean'), limits, broken);
    expect(verdicts.map(({ outcome, message }) => `${outcome}: ${message}`)).toEqual([
      'unknown: the judge throws failed: boom',
      'unknown: the judge silent gave no opinion',
    ]);
  });
});

describe('names of cycles', () => {
  it.each([
    [[3], 'cycle 3'],
    [[2, 1, 1], 'cycles 1 and 2'],
    [[1, 2, 3], 'cycles 1-3'],
    [[1, 4, 5, 6, 9, 12, 13], 'cycles 1, 4-6, 9, 12 and 13'],
  ])('%j are %s', (cycles, name) => {
    expect(nameCycles(cycles)).toBe(name);
  });
});

describe('a history', () => {
  it('names a line that is no observation, wherever it stands', () => {
    const { observations, damages } = parseObservations(
      '{"kind":"ready","at":"x"}\n{"kind":\nnull\n{"a":1}\n',
    );
    expect(observations).toHaveLength(1);
    expect(damages).toEqual([2, 3, 4].map((line) => `observations.ndjson line ${line} is no observation`));
  });
});
