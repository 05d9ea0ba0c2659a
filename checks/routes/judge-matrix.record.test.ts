import { beforeAll, expect, test } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import { createMask } from '../../harness/mask.ts';
import type { Verdict } from '../../harness/verdict.ts';
import { judgeListener, outcomesOf } from './fixtures/judge-server.ts';
import type { JudgedServer, UserRoutes } from './fixtures/judge-server.ts';
import { createNotesListener } from './fixtures/notes-server.ts';
import { NOTES_ROUTES } from './fixtures/notes-routes.ts';
import { judgeRoutes } from './judge-routes.ts';

const KEY = 'a-key-of-the-notes-that-is-long-enough';
let run: JudgedServer;
/** The record as it is on disk. */
let lines: string[];

beforeAll(async () => {
  run = await judgeListener(createNotesListener(KEY), NOTES_ROUTES, undefined, { JWT_SECRET: KEY });
  const mask = createMask({});
  for (const value of run.concealed) mask.add(value);
  lines = run.record
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.stringify(mask.json(JSON.parse(line))));
});

const judge = async (kept: string[], routes: UserRoutes = NOTES_ROUTES) =>
  await judgeRoutes(kept.join('\n'), run.documentText, configSchema.parse({ routes }));
const faults = (verdicts: Verdict[]) =>
  verdicts
    .filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown')
    .map(({ outcome, check, subject }) => `${outcome} ${check}: ${subject}`);
const without = (...parts: string[]) => lines.filter((line) => !parts.every((part) => line.includes(part)));
const CELL = 'GET /api/notes/{noteId} as other';

test('the masked record alone gives the same verdicts, and holds no token', async () => {
  expect(await judge(lines)).toEqual(run.verdicts);
  expect(faults(run.verdicts)).toEqual([]);
  expect(run.concealed.length).toBeGreaterThan(4);
  for (const secret of run.concealed.filter((value) => value !== ''))
    expect(lines.join('\n')).not.toContain(secret);
});

test('an old run is judged with another matrix', async () => {
  const stricter = {
    ...NOTES_ROUTES.matrix,
    'GET /api/notes': { other: 403 },
    'GET /api/notes/{noteId}': { admin: 404 },
  };
  expect(faults(await judge(lines, { ...NOTES_ROUTES, matrix: stricter }))).toEqual([
    'fail matrix-cell: GET /api/notes as other',
    'fail matrix-cell: GET /api/notes/{noteId} as other',
    'fail matrix-cell: GET /api/notes/{noteId} as admin',
  ]);
});

test('another identity than those of the record is unknown', async () => {
  const identities = { ...NOTES_ROUTES.identities, guest: { token: 'guest' } };
  const verdicts = await judge(lines, {
    ...NOTES_ROUTES,
    identities,
    matrix: { ...NOTES_ROUTES.matrix, 'GET /api/ping': 200 },
  });
  expect(outcomesOf(verdicts, 'identity-works')).toContain('unknown guest');
  expect(outcomesOf(verdicts, 'matrix-cell')).toContain('unknown GET /api/ping as guest');
});

test.each<[string, () => string[], string[]]>([
  [
    'a cell',
    () => without('"cell-called"', '"GET /api/notes"', '"as":"user"'),
    ['unknown matrix-cell: GET /api/notes as user'],
  ],
  [
    'one of several forgeries',
    () => without('"cell-called"', '"GET /api/notes"', 'a wrong signature'),
    ['unknown matrix-cell: GET /api/notes as garbage'],
  ],
  [
    'the control by the owner',
    () => without('"cell-control"', 'GET /api/notes/{noteId}'),
    [`unknown matrix-cell: ${CELL}`],
  ],
  ['the making of a thing', () => without('"setup-called"'), ['unknown setup-made: note']],
  [
    'an identity',
    () => without('"kind":"identity"', '"admin"'),
    ['unknown identity-works: admin', ...cellsOf('admin')],
  ],
  ['the twin', () => without('"twin-called"'), ['unknown identity-works: expired', ...cellsOf('expired')]],
])('a record without %s does not pass it', async (_, kept, expected) => {
  expect(faults(await judge(kept()))).toEqual(expected);
});

function cellsOf(column: string): string[] {
  const operations = ['GET /api/ping', 'POST /api/login', 'GET /api/notes', 'POST /api/notes'];
  const more = [
    'GET /api/notes/{noteId}',
    'DELETE /api/notes/{noteId}',
    'GET /api/events',
    'GET /api/admin/users',
  ];
  return [...operations, ...more].map((operation) => `unknown matrix-cell: ${operation} as ${column}`);
}

test('a record that is cut off leaves the cells behind the cut unknown', async () => {
  const cut = lines.slice(
    0,
    lines.findIndex((line) => line.includes('"cell-called"') && line.includes('/api/notes')),
  );
  const verdicts = await judge(cut);
  expect(outcomesOf(verdicts, 'matrix-cell')).toContain('pass GET /api/ping as admin');
  const missing = verdicts.find(({ subject }) => subject === 'GET /api/admin/users as admin');
  expect(missing).toMatchObject({ outcome: 'unknown' });
  expect(missing?.message).toContain(
    'the record holds 0 of its calls (the record ends before the calls did)',
  );
});

test('a twin that was refused leaves the column unknown, but what was let in stays a fault', async () => {
  const refused = lines.map((line) => {
    const twin = line.includes('"twin-called"');
    const letIn =
      line.includes('"cell-called"') &&
      line.includes('"GET /api/admin/users"') &&
      line.includes('"as":"expired"');
    if (twin) return line.replace('"status":200', '"status":401');
    return letIn ? line.replace('"status":401', '"status":200') : line;
  });
  const found = faults(await judge(refused));
  expect(found).toContain('unknown identity-works: expired');
  expect(found).toContain('unknown matrix-cell: GET /api/notes as expired');
  expect(found).toContain('fail matrix-cell: GET /api/admin/users as expired');
});
