/** The `routes` block of the configuration: the document, what must be in it, how its operations are called, and who may. */
import { z } from 'zod';
import { reason } from './reason.ts';

const status = z.number().int().min(100).max(599);
const texts = z.record(z.string(), z.string());
const methodAndPath = z
  .string()
  .regex(/^[A-Z]+ \/\S*$/, 'METHOD /path, with the method in capitals: POST /api/auth/login');
const pattern = z.string().regex(/^(\*|[A-Z]+) \/\S*$/, 'METHOD /path or a pattern such as * /api/admin/*');

/**
 * How an identity is sent; `{token}` stands for its token. Left out: `{ authorization: 'Bearer {token}' }`,
 * and for a token that came as a cookie that cookie.
 */
const headers = texts.optional();

const login = z.strictObject({
  call: methodAndPath,
  /** Sent as JSON. What earlier setups captured stands in it as `{name}`. */
  body: z.unknown().optional(),
  expect: status.default(200),
  /** Where the token is in the answer: a JSON pointer (`/token`), or `cookie NAME`. */
  capture: z
    .string()
    .regex(/^(\/|cookie \S+$)/, 'a JSON pointer such as /token, or cookie NAME')
    .default('/token'),
});

const identity = z.union([
  z.strictObject({ login, headers }),
  z.strictObject({ token: z.string().min(1), headers }),
  z.strictObject({
    /** Another identity: its real token (a JWT) is signed again with its end in the past. */
    expire: z.string().min(1),
    /** The service's environment variable with the key that signs its tokens (HS256, HS384, HS512). */
    signedWith: z.string().min(1),
    headers,
  }),
  /** A column that this service cannot have: an expired token where sessions are opaque. */
  z.strictObject({ unavailable: reason }),
]);
export type IdentityConfig = z.infer<typeof identity>;

const setup = z.strictObject({
  /** The identity that makes the thing and owns it; left out: nobody. */
  as: z.string().optional(),
  call: methodAndPath,
  /**
   * Sent as JSON. `{name}` is what an earlier setup captured, `{random}` a new word every time: the mark of the thing, which
   * no identity may be shown for whom an operation on it is declared 404.
   */
  body: z.unknown().optional(),
  headers,
  expect: status.default(201),
  /** Names for values of the answer, by JSON pointer: `{ botId: '/id' }`. */
  capture: z.record(z.string().regex(/^[A-Za-z]\w*$/, 'a name'), z.string().startsWith('/')).default({}),
  /** It is asked for again until it is answered as expected, this long: for what the service needs a moment for. */
  withinMs: z.number().nonnegative().max(60_000).default(0),
});
export type SetupConfig = z.infer<typeof setup>;

const call = z.strictObject({
  /** `{name}` stands for what a setup captured, here and in `query`, `headers` and `body`; `{random}` for a new word. */
  params: texts.optional(),
  query: texts.optional(),
  headers: texts.optional(),
  body: z.unknown().optional(),
  /** The status this call must be answered with; otherwise any declared one. */
  expect: status.optional(),
  /** Who makes the call for `answers-as-declared`; left out: the first identity that the matrix lets through. */
  as: z.string().optional(),
  /** Setups that are made anew before every call of this operation: for calls that change or destroy. */
  fresh: z.array(z.string()).default([]),
});

const shape = z.strictObject({
  /** Path of the OpenAPI document on the running service. */
  document: z.string().startsWith('/').default('/openapi.json'),
  /** Routes that must be in the document: `GET /api/health/ping`, `* /api/admin/*`. */
  required: z.array(z.string()).default([]),
  /** How to call an operation where the document's examples do not tell: by `METHOD /path/{template}`. */
  calls: z.record(z.string(), call).default({}),
  /** Operations that are not called, each with the reason. */
  notCalled: z.record(z.string(), reason).default({}),
  /** Who calls: the columns of the matrix, besides `none` (no token) and `garbage` (made up and forged tokens). */
  identities: z.record(z.string(), identity).default({}),
  /** Real things with real ids, made in this order before the calls. */
  setup: z.record(z.string(), setup).default({}),
  /**
   * The status that each operation answers each identity with, by operation or pattern; a number is for every identity.
   * Each cell is what the most exact entry says of it: an operation's own, else the longest pattern that matches.
   */
  matrix: z.record(pattern, z.union([status, z.record(z.string(), status)])).default({}),
});

/** Columns that every matrix has. */
export const BUILT_IN_IDENTITIES = ['none', 'garbage'] as const;

export const routes = shape.superRefine((value, context) => {
  for (const { path, message } of findUnknownNames(value)) {
    context.addIssue({ code: 'custom', path, message });
  }
});

interface WrongName {
  path: string[];
  message: string;
}

/** Names that name nothing: a typo in one would leave a cell without a meaning. */
function findUnknownNames(value: z.infer<typeof shape>): WrongName[] {
  const { identities, setup: setups, calls, matrix } = value;
  const callers = Object.keys(identities).filter((name) => !('unavailable' in (identities[name] ?? {})));
  const wrong: WrongName[] = [];
  const demand = (name: string | undefined, known: string[], path: string[]): void => {
    if (name === undefined || known.includes(name)) return;
    wrong.push({ path, message: `names ${name}; there are ${known.join(', ') || 'none'}` });
  };
  for (const [name, one] of Object.entries(identities)) {
    if (BUILT_IN_IDENTITIES.some((builtIn) => builtIn === name)) {
      wrong.push({ path: ['identities', name], message: `${name} is built in; give it another name` });
    }
    const sources = callers.filter((other) => !('expire' in (identities[other] ?? {})));
    if ('expire' in one) demand(one.expire, sources, ['identities', name, 'expire']);
  }
  const captured = Object.values(setups).flatMap(({ capture }) => Object.keys(capture));
  const demandCaptured = (text: string, path: string[]): void => {
    for (const [, name] of text.matchAll(/\{(\w+)\}/g)) demand(name, ['random', ...captured], path);
  };
  for (const [name, one] of Object.entries(setups)) {
    demand(one.as, ['none', ...callers], ['setup', name, 'as']);
    demandCaptured(one.call, ['setup', name, 'call']);
  }
  for (const [name, one] of Object.entries(calls)) {
    demand(one.as, ['none', ...callers], ['calls', name, 'as']);
    for (const fresh of one.fresh) demand(fresh, Object.keys(setups), ['calls', name, 'fresh']);
    for (const [parameter, text] of Object.entries(one.params ?? {}))
      demandCaptured(text, ['calls', name, 'params', parameter]);
  }
  for (const [entry, row] of Object.entries(matrix)) {
    if (typeof row === 'number') continue;
    const columns = [...BUILT_IN_IDENTITIES, ...callers];
    for (const column of Object.keys(row)) demand(column, columns, ['matrix', entry, column]);
  }
  return wrong;
}
