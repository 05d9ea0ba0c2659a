import { expect, test } from 'vitest';
import { judgeListener, outcomesOf } from './fixtures/judge-server.ts';
import type { JudgedServer, UserRoutes } from './fixtures/judge-server.ts';
import { createNotesListener } from './fixtures/notes-server.ts';
import type { Misbehaviour } from './fixtures/notes-server.ts';
import { NOTES_ROUTES } from './fixtures/notes-routes.ts';

const KEY = 'a-key-of-the-notes-that-is-long-enough';

async function judgeNotes(
  does: Misbehaviour,
  routes: UserRoutes = NOTES_ROUTES,
  keys: Record<string, string> = { JWT_SECRET: KEY },
): Promise<JudgedServer> {
  return await judgeListener(createNotesListener(KEY, does), routes, undefined, keys);
}

/** What did not pass, as `outcome check: subject`. */
function faultsOf({ verdicts }: JudgedServer): string[] {
  return verdicts
    .filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown')
    .map(({ outcome, check, subject }) => `${outcome} ${check}: ${subject}`);
}

function messageOf({ verdicts }: JudgedServer, fault: string): string {
  const found = verdicts.find(({ outcome, check, subject }) => `${outcome} ${check}: ${subject}` === fault);
  if (found === undefined) throw new Error(`no verdict ${fault}`);
  return `${found.message} | ${found.fix ?? ''} | ${found.because ?? ''}`;
}

test('a sound service passes every cell', async () => {
  const judged = await judgeNotes('none');
  expect(faultsOf(judged)).toEqual([]);
  expect(outcomesOf(judged.verdicts, 'matrix-cell')).toHaveLength(8 * 6);
  expect(outcomesOf(judged.verdicts, 'identity-works')).toEqual([
    'pass user',
    'pass other',
    'pass admin',
    'pass expired',
  ]);
  expect(messageOf(judged, 'pass matrix-cell: GET /api/notes/{noteId} as other')).toContain(
    'user was answered 200 for the same request',
  );
  expect(messageOf(judged, 'pass matrix-cell: GET /api/notes as garbage')).toContain(
    'sent no token at all, a wrong signature, no signature',
  );
  expect(messageOf(judged, 'pass matrix-cell: GET /api/admin/users as admin')).toContain(
    '7 of 7 properties validated',
  );
});

const cell = (name: string, outcome = 'fail') => `${outcome} matrix-cell: ${name}`;
const GUARDED = [
  'GET /api/notes',
  'POST /api/notes',
  'GET /api/notes/{noteId}',
  'DELETE /api/notes/{noteId}',
  'GET /api/events',
  'GET /api/admin/users',
];
const everyGuarded = (column: string, outcome = 'fail') =>
  GUARDED.map((operation) => cell(`${operation} as ${column}`, outcome)).sort();

interface Case {
  does: Misbehaviour;
  faults: string[];
  /** What the first of them says. */
  says: RegExp;
}

const guards: Case[] = [
  {
    does: 'admin-route-unguarded',
    faults: ['none', 'garbage', 'user', 'other', 'expired'].map((who) =>
      cell(`GET /api/admin/users as ${who}`),
    ),
    says: /as none answered 200 .*: expected 401 as configured: \{"users".*routes\.matrix\['\* \/api\/\*'\]/,
  },
  {
    does: 'accepts-expired',
    faults: everyGuarded('expired'),
    says: /DELETE .* as expired answered 204 .*expected 401/,
  },
  {
    does: 'accepts-unsigned',
    faults: everyGuarded('garbage'),
    says: /as garbage answered 204 .*expected 401 as configured \(sent no signature\)/,
  },
  {
    does: 'accepts-any-signature',
    faults: everyGuarded('garbage'),
    says: /\(sent a wrong signature\)/,
  },
  {
    does: 'accepts-anything',
    faults: everyGuarded('garbage'),
    says: /\(sent no token at all\)/,
  },
  {
    does: 'says-403-without-token',
    faults: ['none', 'garbage', 'expired'].flatMap((who) => everyGuarded(who)).sort(),
    says: /answered 403 .*expected 401/,
  },
  {
    does: 'denies-admins',
    faults: ['fail matrix-cell: GET /api/admin/users as admin'],
    says: /answered 403 .*expected 200/,
  },
  {
    does: 'says-404-to-admins',
    faults: ['unknown answers-as-declared: GET /api/admin/users', cell('GET /api/admin/users as admin')],
    says: /a missing route cannot be told from a missing thing/,
  },
];

const things: Case[] = [
  {
    does: 'shows-notes-of-others',
    faults: [cell('GET /api/notes/{noteId} as other')],
    says: /answered 200 .*expected 404 as configured: \{"id":\d+,"text"/,
  },
  {
    does: 'deletes-notes-of-others',
    faults: [cell('DELETE /api/notes/{noteId} as other')],
    says: /answered 204 .*expected 404/,
  },
  {
    does: 'lists-notes-of-others',
    faults: [cell('GET /api/notes as other')],
    says: /answered 200 and shows note of user \([0-9a-f]{12}\), which is not there for other by GET \/api\/notes\/\{noteId\}/,
  },
  {
    does: 'forgets-notes',
    faults: [
      // The plain calls have no status of their own; the cells show it.
      ...['GET', 'DELETE'].flatMap((method) => [
        cell(`${method} /api/notes/{noteId} as user`),
        cell(`${method} /api/notes/{noteId} as other`, 'unknown'),
        cell(`${method} /api/notes/{noteId} as admin`),
      ]),
    ],
    says: /answered 404 .*expected 200/,
  },
  {
    does: 'refuses-notes',
    faults: [
      'fail answers-as-declared: POST /api/notes',
      'unknown answers-as-declared: GET /api/notes/{noteId}',
      'unknown answers-as-declared: DELETE /api/notes/{noteId}',
      'fail setup-made: note',
      ...['user', 'other', 'admin'].map((who) => cell(`POST /api/notes as ${who}`)),
      ...['none', 'garbage', 'user', 'other', 'admin', 'expired'].flatMap((who) => [
        cell(`GET /api/notes/{noteId} as ${who}`, 'unknown'),
        cell(`DELETE /api/notes/{noteId} as ${who}`, 'unknown'),
      ]),
    ],
    says: /a server error/,
  },
];

const logins: Case[] = [
  {
    does: 'login-fails-for-bob',
    faults: ['fail identity-works: other', ...everyGuarded('other', 'unknown'), ...publicAs('other')],
    says: /other was not obtained: POST \/api\/login: answered 401 with error, expected 200: \{"error"/,
  },
  {
    does: 'bob-is-ann',
    faults: [
      'unknown identity-works: other',
      ...everyGuarded('other', 'unknown').filter((name) => !/notes\/\{noteId\}|GET \/api\/notes/.test(name)),
      cell('GET /api/notes as other'),
      cell('GET /api/notes/{noteId} as other'),
      cell('DELETE /api/notes/{noteId} as other'),
      ...publicAs('other'),
    ],
    says: /other has the very same token as user: their columns cannot differ/,
  },
  {
    does: 'opaque-tokens',
    faults: [
      'unknown identity-works: expired',
      ...everyGuarded('expired', 'unknown'),
      ...publicAs('expired'),
    ],
    says: /expired was not obtained: user cannot be expired: its token is no JSON Web Token/,
  },
];

function publicAs(column: string): string[] {
  return ['GET /api/ping', 'POST /api/login'].map((operation) =>
    cell(`${operation} as ${column}`, 'unknown'),
  );
}

const shapes: Case[] = [
  {
    does: 'fails-for-admins',
    faults: ['fail answers-as-declared: GET /api/admin/users', cell('GET /api/admin/users as admin')],
    says: /answered 500 .*a server error/,
  },
  {
    does: 'undeclared-shape-for-admins',
    faults: ['fail answers-as-declared: GET /api/admin/users', cell('GET /api/admin/users as admin')],
    says: /must NOT have additional properties \(password\)/,
  },
  {
    does: 'undeclared-shape-of-refusals',
    faults: [
      ...['none', 'garbage', 'expired'].flatMap((who) => everyGuarded(who)),
      cell('GET /api/notes/{noteId} as other'),
      cell('DELETE /api/notes/{noteId} as other'),
      cell('GET /api/admin/users as user'),
      cell('GET /api/admin/users as other'),
    ],
    says: /the body is not as declared for 401: \/ must have required property 'error'/,
  },
  {
    does: 'stream-as-json',
    faults: [
      'fail answers-as-declared: GET /api/events',
      ...['user', 'other', 'admin'].map((who) => cell(`GET /api/events as ${who}`)),
    ],
    says: /content type application\/json is not declared \(declared: text\/event-stream\)/,
  },
];

test.each([...guards, ...things, ...logins, ...shapes])('$does is found', async (one) => {
  const judged = await judgeNotes(one.does);
  expect(faultsOf(judged).sort()).toEqual([...one.faults].sort());
  expect(messageOf(judged, one.faults[0] ?? '')).toMatch(one.says);
});

test('cells that rest on what failed say so', async () => {
  const [unmade, unnamed, denied] = await Promise.all([
    judgeNotes('refuses-notes'),
    judgeNotes('names-no-id'),
    judgeNotes('login-fails-for-bob'),
  ]);
  expect(messageOf(unmade, cell('GET /api/notes/{noteId} as none', 'unknown'))).toMatch(
    /was not called: nothing was captured for noteId .* \| setup-made$/,
  );
  expect(messageOf(unnamed, 'unknown setup-made: note')).toMatch(
    /no text, number or boolean at \/id for noteId/,
  );
  expect(messageOf(denied, cell('GET /api/notes as other', 'unknown'))).toMatch(
    /was not called: other has no identity: .* \| identity-works$/,
  );
});

test('without a token in the answer there is no identity', async () => {
  const judged = await judgeNotes('login-without-token');
  expect(outcomesOf(judged.verdicts, 'identity-works')).toEqual([
    'unknown user',
    'unknown other',
    'unknown admin',
    'unknown expired',
  ]);
  expect(messageOf(judged, 'unknown identity-works: user')).toContain(
    'answered 200 with token, role: no token at /token',
  );
  expect(outcomesOf(judged.verdicts, 'setup-made')).toEqual(['unknown note']);
});

test('an expired token proves nothing without its twin: a wrong key leaves the column unknown', async () => {
  const judged = await judgeNotes('none', NOTES_ROUTES, { JWT_SECRET: 'another key, the wrong one' });
  expect(faultsOf(judged).sort()).toEqual(
    ['unknown identity-works: expired', ...everyGuarded('expired', 'unknown'), ...publicAs('expired')].sort(),
  );
  expect(messageOf(judged, 'unknown identity-works: expired')).toMatch(
    /its twin, valid and signed the same way, was answered 401 by GET \/api\/notes: a refusal of it may come from a wrong signature/,
  );
  expect(messageOf(judged, cell('GET /api/notes as expired', 'unknown'))).toMatch(/ \| identity-works$/);
  const unkeyed = await judgeNotes('none', NOTES_ROUTES, {});
  expect(messageOf(unkeyed, 'unknown identity-works: expired')).toContain(
    'the key that signs tokens is not known: no JWT_SECRET',
  );
});

test('a service that answers nothing any more is not asked for every cell', async () => {
  const judged = await judgeNotes('resets-everybody');
  const messages = judged.verdicts
    .filter(({ check }) => check === 'matrix-cell')
    .map(({ message }) => message);
  expect(messages.filter((message) => /was not answered: /.test(message)).length).toBeLessThan(5);
  expect(messages.some((message) => message.includes('3 calls in a row were not answered'))).toBe(true);
});

test('a cell that is never answered fails', async () => {
  const judged = await judgeNotes('hangs-for-admins', {
    ...NOTES_ROUTES,
    // The plain call is refused at once.
    calls: { ...NOTES_ROUTES.calls, 'GET /api/admin/users': { as: 'user' } },
    notCalled: Object.fromEntries(
      GUARDED.filter((name) => !/admin|GET .*notes$/.test(name)).map((name) => [
        name,
        'not part of this test',
      ]),
    ),
  });
  expect(messageOf(judged, cell('GET /api/admin/users as admin'))).toContain('no answer within 5000 ms');
});
