/** Every judge of companion-moods over single cells: at least one that fails, one that is unknown, one that passes. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import type { Fact, Hearing, Observation } from '../../harness/observation.ts';
import type { Outcome } from '../../harness/verdict.ts';
import type { MoodExpectation } from '../judges/moods/mood-judge.ts';
import { REPOSITORY } from '../test-context.ts';
import { moodsConfig } from '../fixtures/run-moods.ts';
import type { CellHistory, MoodHistory } from './history.ts';
import { judgeCells, moodVerdicts } from './judge-moods.ts';
import { MOOD_CHECKS } from './mood-judges.ts';

const config = configSchema.parse(moodsConfig('honest', ['silent'], { mayRefuse: ['silent'] }));
const { limits } = config;
const moods = config.soak.moods;
if (moods === undefined) throw new Error('the configuration lost its moods');
const expected: MoodExpectation = { moods, limits };

const cell = { cycle: 1, subject: 'alpha', mood: 'silent' };
const cycle = 1;
const hearing = (...words: [word: string, afterMs: number][]): Hearing => ({
  asked: 3,
  forMs: 1_500,
  words: words.map(([word, afterMs]) => ({ word, afterMs })),
});

/** A life without blame, fact by fact. */
const GOOD = {
  'mood-set': { kind: 'mood-set', ...cell },
  'instance-started': { kind: 'instance-started', cycle, pid: 4_001, command: ['node'], node: 'v24.1.0' },
  ready: { kind: 'ready', cycle, afterMs: 61, by: 'GET /health 200' },
  planted: { kind: 'planted', cycle, word: '01', pattern: 'unhandled-rejection' },
  'mood-strikes': { kind: 'mood-strikes', cycle, strikes: 2, afterMs: 9 },
  'truth-awaited': {
    kind: 'truth-awaited',
    cycle,
    met: true,
    hearing: hearing(['connecting', 1], ['down', 90]),
  },
  watched: { kind: 'watched', cycle, forMs: 160, looks: 4, hearing: hearing(['down', 1]) },
  'signal-sent': { kind: 'signal-sent', cycle, signal: 'SIGTERM', inFlight: 0 },
  exited: { kind: 'exited', cycle, afterMs: 30, code: 0, signal: null },
  'port-free': { kind: 'port-free', cycle, afterMs: 1.5 },
  survivors: { kind: 'survivors', cycle, processes: { readable: true, value: [] } },
} as const satisfies Record<string, Fact>;
type Kind = keyof typeof GOOD;

/** The good life without some of its facts, and with others. */
function life(without: readonly Kind[], ...others: Fact[]): CellHistory {
  const facts: Fact[] = Object.values(GOOD).filter(({ kind }) => !without.includes(kind));
  const observations = [...facts, ...others].map((fact, index): Observation => ({
    ...fact,
    at: `2026-01-01T00:00:00.${100 + index}Z`,
    monotonicMs: index,
  }));
  const scan = {
    file: 'mood-01-alpha-silent.log',
    lines: 3,
    bytes: 90,
    serviceLines: 2,
    counts: {},
    allowed: [],
  };
  const planted = [{ word: '01', pattern: 'unhandled-rejection', line: 2 }];
  return {
    cell,
    observations,
    log: { readable: true, scan: { ...scan, matches: [], planted, truncated: false } },
  };
}

const history = (...cells: CellHistory[]): MoodHistory => ({
  cells,
  observations: cells.flatMap(({ observations }) => observations),
  damages: [],
});

const refusal = (code: number | null, signal: string | null, ...lines: string[]): CellHistory =>
  life(
    ['ready', 'truth-awaited', 'watched', 'signal-sent', 'exited'],
    { kind: 'start-failed', cycle, reason: 'exited before it was ready', exit: { code, signal } },
    { kind: 'last-words', cycle, lines },
  );
const withLog = (log: CellHistory['log']): CellHistory => ({ ...life([]), log });
const unreadable = {
  readable: false,
  file: 'mood-01-alpha-silent.log',
  reason: 'it does not exist',
} as const;
const wordless = (status?: number): Hearing => ({
  ...hearing(),
  wordless: { afterMs: 9, reason: 'GET /status failed', ...(status === undefined ? {} : { status }) },
});
const awaited = (heard: Hearing, met = false): Fact => ({
  kind: 'truth-awaited',
  cycle,
  met,
  hearing: heard,
});
const unasked: Fact = {
  kind: 'exited-unasked',
  cycle,
  during: 'while it was watched',
  lastLines: ['boom'],
  code: 1,
  signal: null,
};

type Case = [check: string, outcome: Outcome, message: RegExp, history: CellHistory];
const CASES: Case[] = [
  ['mood-struck', 'pass', /^struck 2 times; first seen 9 ms/, life([])],
  [
    'mood-struck',
    'unknown',
    /did not strike/,
    life(['mood-strikes'], { kind: 'mood-strikes', cycle, strikes: 0, afterMs: 1_500 }),
  ],
  ['mood-struck', 'unknown', /was not looked/, life(['mood-strikes'])],
  [
    'mood-struck',
    'unknown',
    /control port failed \(count\): ECONNREFUSED/,
    life([], { kind: 'mood-uncontrolled', cycle, doing: 'count', reason: 'ECONNREFUSED' }),
  ],
  ['mood-start', 'pass', /^ready after 61 ms$/, life([])],
  [
    'mood-start',
    'fail',
    /too late: 15001 ms; limit 15000 ms/,
    life(['ready'], { kind: 'ready', cycle, afterMs: 15_001, by: 'x' }),
  ],
  [
    'mood-start',
    'fail',
    /neither became ready nor refused: waited 4000 ms/,
    life(['ready'], { kind: 'not-ready', cycle, afterMs: 4_000, reason: 'waited 4000 ms' }),
  ],
  ['mood-start', 'fail', /ended at its start by code 0/, refusal(0, null, 'alpha is down')],
  ['mood-start', 'fail', /ended at its start by SIGSEGV/, refusal(null, 'SIGSEGV', 'alpha is down')],
  ['mood-start', 'fail', /without a word about alpha: it logged nothing/, refusal(1, null)],
  ['mood-start', 'pass', /said why: Alpha is down/, refusal(1, null, 'Alpha is down', 'bye')],
  ['mood-start', 'unknown', /no start was seen/, life(['ready'])],
  [
    'mood-start',
    'unknown',
    /not started: port taken/,
    life(['ready'], { kind: 'start-failed', cycle, reason: 'port taken' }),
  ],
  ['mood-told', 'pass', /^told "down" after 90 ms$/, life([])],
  ['mood-told', 'skip', /refused/, refusal(1, null, 'alpha is down')],
  [
    'mood-told',
    'fail',
    /said "connecting", then "connected" after 40 ms; in 2000 ms it should have said "down"/,
    life(['truth-awaited'], awaited(hearing(['connecting', 1], ['connected', 40]))),
  ],
  ['mood-told', 'fail', /said "down"/, life(['truth-awaited'], awaited(hearing(['down', 2_001]), true))],
  ['mood-told', 'fail', /nothing: GET \/status failed/, life(['truth-awaited'], awaited(wordless()))],
  ['mood-told', 'fail', /nothing: GET \/status failed/, life(['truth-awaited'], awaited(wordless(503)))],
  ['mood-told', 'unknown', /nothing: GET \/status failed/, life(['truth-awaited'], awaited(wordless(404)))],
  [
    'mood-told',
    'fail',
    /told "down" after 90 ms, and 55 ms later "connected"/,
    life(['watched'], { ...GOOD.watched, hearing: hearing(['down', 1], ['connected', 55]) }),
  ],
  ['mood-told', 'unknown', /was not asked again/, life(['watched'])],
  ['mood-told', 'unknown', /was not asked$/, life(['truth-awaited'])],
  [
    'mood-told',
    'unknown',
    /ended before it could tell/,
    life(['truth-awaited'], awaited(hearing()), unasked),
  ],
  ['mood-stayed-up', 'pass', /^up for 160 ms more, ready at each of 4 looks$/, life([])],
  ['mood-stayed-up', 'fail', /ended while it was watched \(code 1\): boom/, life([], unasked)],
  [
    'mood-stayed-up',
    'fail',
    /no longer ready 40 ms .*: answered 503/,
    life(['watched'], { ...GOOD.watched, notReady: { afterMs: 40, reason: 'answered 503' } }),
  ],
  ['mood-stayed-up', 'unknown', /149 ms only/, life(['watched'], { ...GOOD.watched, forMs: 149 })],
  ['mood-stayed-up', 'unknown', /was not watched/, life(['watched'])],
  ['mood-stopped', 'pass', /^stopped after 30 ms, and left nothing behind$/, life([])],
  ['mood-stopped', 'pass', /left nothing behind when it refused/, refusal(1, null, 'alpha is down')],
  [
    'mood-stopped',
    'fail',
    /still running 10000 ms/,
    life(['exited'], { kind: 'still-running', cycle, afterMs: 10_000 }),
  ],
  [
    'mood-stopped',
    'fail',
    /after 10001 ms; limit 10000 ms/,
    life(['exited'], { ...GOOD.exited, afterMs: 10_001 }),
  ],
  [
    'mood-stopped',
    'fail',
    /by SIGTERM, without a handler/,
    life(['exited'], { ...GOOD.exited, code: null, signal: 'SIGTERM' }),
  ],
  [
    'mood-stopped',
    'fail',
    /held 2000 ms after the exit by pid 7/,
    life(['port-free'], { kind: 'port-held', cycle, afterMs: 2_000, holder: 'pid 7' }),
  ],
  [
    'mood-stopped',
    'fail',
    /only after 2001 ms/,
    life(['port-free'], { ...GOOD['port-free'], afterMs: 2_001 }),
  ],
  [
    'mood-stopped',
    'fail',
    /outlived by pid 9 \(sleep\)/,
    life(['survivors'], {
      kind: 'survivors',
      cycle,
      processes: { readable: true, value: [{ pid: 9, command: 'sleep' }] },
    }),
  ],
  [
    'mood-stopped',
    'unknown',
    /cannot be seen: no \/proc/,
    life(['survivors'], { kind: 'survivors', cycle, processes: { readable: false, reason: 'no /proc' } }),
  ],
  [
    'mood-stopped',
    'unknown',
    /no exit .*; it was not seen .*; nobody looked/,
    life(['exited', 'port-free', 'survivors']),
  ],
  ['mood-log-clean', 'pass', /^no forbidden line in 2/, life([])],
  ['mood-log-clean', 'unknown', /does not exist/, withLog(unreadable)],
  ['mood-log-clean', 'unknown', /no line was planted/, life(['planted'])],
  ['mood-log-clean', 'unknown', /were not found again/, life([], { ...GOOD.planted, word: '02' })],
];

const judgeOne = (one: CellHistory) => judgeCells(history(one), expected)[0]?.opinions ?? [];

describe('the judges of companion-moods', () => {
  it.each(CASES)('%s is %s: %s', (check, outcome, message, one) => {
    const found = judgeOne(one).find(({ judge }) => judge.id === check);
    expect(found?.opinion.message).toMatch(message);
    expect(found?.opinion.outcome).toBe(outcome);
  });

  it('find nothing wrong with the good life', () => {
    expect(new Set(judgeOne(life([])).map(({ opinion }) => opinion.outcome))).toEqual(new Set(['pass']));
  });

  it('each have a file, and the list names them all', () => {
    const files = readdirSync(join(REPOSITORY, 'soak/judges/moods')).filter(
      (file) => file !== 'mood-judge.ts',
    );
    expect(MOOD_CHECKS.map((id) => `${id}.ts`).sort()).toEqual(files.sort());
  });

  it('let nothing pass in a mood that did not strike, and say so once', () => {
    const opinions = judgeOne(
      life(['mood-strikes'], { kind: 'mood-strikes', cycle, strikes: 0, afterMs: 1 }),
    );
    const ofLife = opinions.filter(({ judge }) => judge.id !== 'mood-log-clean');
    expect(new Set(ofLife.map(({ opinion }) => opinion.outcome))).toEqual(new Set(['unknown']));
    expect(ofLife.map(({ because }) => because)).toEqual([
      undefined,
      ...Array.from({ length: ofLife.length - 1 }, () => 'mood-struck'),
    ]);
  });

  it('still fail what is wrong in such a mood', () => {
    const late: Fact = { ...GOOD.exited, code: 3 };
    const opinions = judgeOne(life(['mood-strikes', 'exited'], late));
    expect(opinions.find(({ judge }) => judge.id === 'mood-stopped')?.opinion.outcome).toBe('fail');
  });

  it('know nothing of a cell that was not reached, nor of a journal that is not there', () => {
    const empty: CellHistory = { cell, observations: [], log: unreadable };
    const whole = { ...history(empty), damages: ['moods.ndjson cannot be read (ENOENT)'] };
    const verdicts = moodVerdicts(whole, judgeCells(whole, expected));
    expect(verdicts).toHaveLength(MOOD_CHECKS.length);
    expect(new Set(verdicts.map(({ outcome }) => outcome))).toEqual(new Set(['unknown']));
    const own = verdicts.filter(({ because }) => because === undefined);
    expect(own.map(({ check, message }) => `${check}: ${message}`)).toEqual([
      'moods-complete: moods.ndjson cannot be read (ENOENT); no plan was recorded; its end was not recorded',
    ]);
  });

  it.each([
    ['pass', [cell], 1],
    ['unknown', [{ ...cell, mood: 'slow' }], 1],
    ['unknown', [cell], undefined],
  ] as const)('call the whole %s when %j were planned and %s finished', (outcome, cells, finished) => {
    const facts: Fact[] = [
      { kind: 'moods-planned', cells: [...cells], stopSignal: 'SIGTERM', seed: 1 },
      ...(finished === undefined
        ? []
        : [{ kind: 'scenario-finished' as const, scenario: 'companion-moods', cycles: finished }]),
    ];
    const observations = facts.map((fact): Observation => ({
      ...fact,
      at: '2026-01-01T00:00:00Z',
      monotonicMs: 0,
    }));
    const whole = { ...history(life([])), observations };
    expect(moodVerdicts(whole, []).at(-1)).toMatchObject({ check: 'moods-complete', outcome });
  });
});
