/** What must hold after every step: a case that fails and one that holds for each rule, and what is nobody's fault. */
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import { INVARIANTS, judgeCase, type CaseFact } from './judge-case.ts';
import { signatureOf } from './signature.ts';

const { limits } = configSchema.parse({});
const at = { case: 1, step: 0 };
const whole: CaseFact[] = [
  { kind: 'schedule-log', case: 1, matches: [], planted: true, serviceLines: 2 },
  { kind: 'schedule-ended', case: 1 },
];
const exited = (more: Partial<Extract<CaseFact, { kind: 'schedule-exited' }>>): CaseFact => ({
  kind: 'schedule-exited',
  ...at,
  told: ['SIGTERM'],
  beforeReady: false,
  afterMs: 10,
  leastStopMs: 12,
  code: 0,
  signal: null,
  lastLines: ['stopped'],
  ...more,
});
const judged = (...facts: CaseFact[]): string => {
  const verdict = judgeCase([...facts, ...whole], limits);
  return verdict.kind === 'failed' ? verdict.failure.invariant : verdict.kind;
};

const HOLDS: [string, CaseFact][] = [
  ['a clean stop', exited({})],
  ['killed, and ended by that', exited({ told: ['SIGKILL'], code: null, signal: 'SIGKILL' })],
  ['told before it could listen to signals', exited({ beforeReady: true, code: null, signal: 'SIGTERM' })],
  ['told before it was ready, with the code of the signal', exited({ beforeReady: true, code: 143 })],
  [
    'the second signal met a stop that was as good as over',
    exited({ told: ['SIGTERM', 'SIGTERM'], code: null, signal: 'SIGTERM' }),
  ],
  [
    'orphans of a kill',
    {
      kind: 'schedule-survivors',
      ...at,
      killed: true,
      processes: { readable: true, value: [{ pid: 2, command: 'child' }] },
    },
  ],
  [
    'the next life beside one that stops gave up',
    { kind: 'schedule-beside', ...at, while: 'stopping', became: 'ended', exit: { code: 1, signal: null } },
  ],
];
const FAILS: [keyof typeof INVARIANTS, string, CaseFact][] = [
  [
    'became-ready',
    'exited before',
    {
      kind: 'schedule-not-ready',
      ...at,
      afterMs: 5,
      reason: 'x',
      exit: { code: 1, signal: null },
      lastLines: [],
    },
  ],
  ['became-ready', 'late', { kind: 'schedule-ready', ...at, afterMs: limits.readyWithinMs + 1 }],
  ['became-ready', 'ended by itself while it started', exited({ told: [], beforeReady: true, code: 1 })],
  ['exit-code', 'another code', exited({ code: 1 })],
  ['exit-code', 'ended unasked', exited({ told: [] })],
  ['exit-code', 'by the first signal although it was ready', exited({ code: null, signal: 'SIGTERM' })],
  [
    'exit-code',
    'cut short by the second signal',
    exited({ told: ['SIGTERM', 'SIGTERM'], code: null, signal: 'SIGTERM', leastStopMs: 500 }),
  ],
  [
    'became-ready',
    'killed when it had ended by itself',
    exited({ told: ['SIGKILL'], beforeReady: true, code: 1 }),
  ],
  ['exit-code', 'killed by nobody of ours', exited({ code: null, signal: 'SIGKILL' })],
  ['exited-in-time', 'still running', { kind: 'schedule-still-running', ...at, afterMs: 9, reason: 'x' }],
  ['exited-in-time', 'late', exited({ afterMs: limits.exitWithinMs + 1 })],
  ['port-freed', 'held', { kind: 'schedule-port', ...at, free: false, afterMs: 2_000, holder: 'pid 3' }],
  [
    'no-survivors',
    'a child',
    {
      kind: 'schedule-survivors',
      ...at,
      killed: false,
      processes: { readable: true, value: [{ pid: 2, command: 'child' }] },
    },
  ],
  [
    'requests-answered',
    'not all',
    { kind: 'schedule-asked', ...at, sent: 3, answered: 2, reason: 'GET / answered 500' },
  ],
  [
    'second-refused',
    'it stayed',
    { kind: 'schedule-beside', ...at, while: 'running', became: 'stayed', firstAnswers: true },
  ],
  [
    'second-refused',
    'code 0',
    {
      kind: 'schedule-beside',
      ...at,
      while: 'running',
      became: 'ended',
      exit: { code: 0, signal: null },
      firstAnswers: true,
    },
  ],
  [
    'second-refused',
    'the first fell silent',
    {
      kind: 'schedule-beside',
      ...at,
      while: 'running',
      became: 'ended',
      exit: { code: 1, signal: null },
      firstAnswers: false,
    },
  ],
];

describe('a case', () => {
  it.each(HOLDS)('holds: %s', (_what, fact) => expect(judged(fact)).toBe('held'));
  it.each(FAILS)('fails %s: %s', (invariant, _what, fact) => expect(judged(fact)).toBe(invariant));
  it('has a failing case for every rule', () => {
    const log: CaseFact = {
      kind: 'schedule-log',
      case: 1,
      matches: [{ id: 'node-crash', text: 'Node.js v24' }],
      planted: true,
      serviceLines: 2,
    };
    expect(judgeCase([log], limits)).toMatchObject({ kind: 'failed', failure: { invariant: 'log-clean' } });
    const rules = new Set<string>([...FAILS.map(([invariant]) => invariant), 'log-clean']);
    expect([...rules].sort()).toEqual(Object.keys(INVARIANTS).sort());
  });

  it('proves nothing without its end, without its planted line, or when it broke off', () => {
    expect(judgeCase([], limits).kind).toBe('broken');
    expect(judgeCase([exited({})], limits).kind).toBe('broken');
    const lost: CaseFact[] = [
      { kind: 'schedule-log', case: 1, matches: [], planted: false, serviceLines: 2 },
      { kind: 'schedule-ended', case: 1 },
    ];
    expect(judgeCase(lost, limits).kind).toBe('broken');
    const silent: CaseFact[] = [
      { kind: 'schedule-log', case: 1, matches: [], planted: true, serviceLines: 0 },
      { kind: 'schedule-ended', case: 1 },
    ];
    expect(judgeCase([{ kind: 'schedule-ready', ...at, afterMs: 50 }, ...silent], limits).kind).toBe(
      'broken',
    );
    // Killed before it was ready, and so before it had to say anything.
    expect(judgeCase(silent, limits).kind).toBe('held');
    const processes = { readable: false, reason: 'no /proc' } as const;
    expect(judged({ kind: 'schedule-survivors', ...at, killed: false, processes })).toBe('broken');
    expect(judged({ kind: 'schedule-broken', case: 1, reason: 'interrupted' })).toBe('broken');
  });

  it('never blames the service for a port that somebody else took', () => {
    const text = 'Error: listen EADDRINUSE: address already in use 127.0.0.1:20001';
    expect(
      judged({
        kind: 'schedule-not-ready',
        ...at,
        afterMs: 5,
        reason: 'x',
        exit: { code: 1, signal: null },
        lastLines: [text],
      }),
    ).toBe('broken');
    expect(
      judgeCase(
        [
          {
            kind: 'schedule-log',
            case: 1,
            matches: [{ id: 'port-taken', text }],
            planted: true,
            serviceLines: 2,
          },
        ],
        limits,
      ).kind,
    ).toBe('broken');
    // The file of a socket that was left behind is the service's own.
    const file = 'Error: listen EADDRINUSE: address already in use /run/app.sock';
    expect(
      judged({
        kind: 'schedule-not-ready',
        ...at,
        afterMs: 5,
        reason: 'x',
        exit: { code: 1, signal: null },
        lastLines: [file],
      }),
    ).toBe('became-ready');
  });
});

describe('a signature', () => {
  it('is the same for the same failure at another time, and another for another failure', () => {
    const one = signatureOf('exit-code', [
      'code 1',
      '2026-11-29 pid 4242',
      'Error: SIGTERM: no file /tmp/a/b.lock "x"',
    ]);
    const again = signatureOf('exit-code', [
      'code 1',
      '2026-11-30 pid 17',
      'Error: SIGINT: no file /tmp/c/d.lock "y"',
    ]);
    expect(again).toBe(one);
    expect(one).toMatch(/^[a-z0-9-]+$/);
    expect(signatureOf('exit-code', ['code 2', 'Error: SIGINT: no file /tmp/c/d.lock "y"'])).not.toBe(one);
    expect(signatureOf('exit-code', ['code 1', 'Error: no memory'])).not.toBe(one);
  });

  it('reads what a JSON log says', () => {
    const line = (time: number) =>
      JSON.stringify({ level: 60, time, err: { message: 'Error: lock is held by 12' }, msg: 'fatal' });
    expect(signatureOf('became-ready', ['code 1', line(1)])).toBe(
      signatureOf('became-ready', ['code 1', line(2)]),
    );
    expect(signatureOf('became-ready', ['code 1', line(1)])).toContain('lock-is-held');
  });
});
