/**
 * Obtains the identities of the matrix: logs them in, signs their tokens again, makes up tokens.
 * Effects of the routes stage; used by `observe-routes.ts`. Every token is masked before anything of it is written.
 */
import type { IdentityConfig } from '../../harness/config/routes.ts';
import { describeAnswer, sendConfigured, valueInAnswer } from './session.ts';
import type { Bench, Credential, Obtained } from './session.ts';
import type { CellCause, Exchange } from './route-observations.ts';
import { fillText, fillTexts, namesIn } from './templates.ts';
import { forgeTokens, signExpired, signTwin } from './tokens.ts';

type HeaderTemplates = Readonly<Record<string, string>>;
const BEARER: HeaderTemplates = { authorization: 'Bearer {token}' };

/** What an attempt came to: a token, or why there is none. */
type Attempt =
  { token: string; how: string } | { token?: never; how: string; refused?: boolean; because?: CellCause };

/** An identity, obtained at the first asking. `none` is somebody who sends nothing. */
export async function obtainIdentity(bench: Bench, name: string): Promise<Obtained> {
  if (name === 'none') return { obtained: true, credentials: [{ headers: {} }] };
  const known = bench.identities.get(name);
  if (known !== undefined) return known;
  const obtained = name === 'garbage' ? makeUpTokens(bench) : await obtainConfigured(bench, name);
  bench.identities.set(name, obtained);
  return obtained;
}

async function obtainConfigured(bench: Bench, name: string): Promise<Obtained> {
  const identity = bench.routes.identities[name];
  if (identity === undefined) return { obtained: false, reason: `there is no identity ${name}` };
  const attempt = await attemptIdentity(bench, name, identity);
  if (attempt.token === undefined) {
    const interrupted = bench.signal.aborted ? { interrupted: true } : {};
    const { how, refused = false, because } = attempt;
    bench.recorder.record({
      kind: 'identity',
      identity: name,
      obtained: false,
      how,
      refused,
      ...interrupted,
      ...(because === undefined ? {} : { because }),
    });
    return { obtained: false, reason: attempt.how };
  }
  const { token, how } = attempt;
  const sameTokenAs = [...bench.identities].find(
    ([, other]) => other.obtained && other.credentials.some((credential) => credential.token === token),
  )?.[0];
  const same = sameTokenAs === undefined ? {} : { sameTokenAs };
  bench.recorder.record({ kind: 'identity', identity: name, obtained: true, how, ...same });
  const credential = credentialOf(headersOf(bench, name), token);
  return { obtained: true, credentials: [credential] };
}

async function attemptIdentity(bench: Bench, name: string, identity: IdentityConfig): Promise<Attempt> {
  if ('unavailable' in identity) return { how: `declared unavailable: ${identity.unavailable}` };
  if ('token' in identity) {
    const token = fillText(identity.token, bench.captures);
    bench.conceal(token);
    return { token, how: 'has the configured token' };
  }
  if ('expire' in identity) return await expireToken(bench, identity);
  const missing = missingNames(bench, identity.login.body);
  if (missing.length > 0)
    return { how: `nothing was captured for ${missing.join(', ')} of its login`, because: 'setup-made' };
  const { capture, expect, call } = identity.login;
  const exchanged = await sendConfigured(bench, identity.login);
  const token = tokenOf(exchanged, capture);
  // Before the answer is recorded: it holds the token.
  if (token !== undefined) bench.conceal(token);
  bench.recorder.record({ kind: 'identity-asked', identity: name, ...exchanged });
  const seen = `${call}: ${describeAnswer(exchanged)}`;
  if (exchanged.answer?.status !== expect) return { how: `${seen}, expected ${expect}`, refused: true };
  if (token === undefined) return { how: `${seen}: no token at ${capture}` };
  return { token, how: `logged in with ${call}, a token of ${token.length} characters` };
}

function tokenOf(exchanged: Exchange, capture: string): string | undefined {
  const [, cookie] = /^cookie (\S+)$/.exec(capture) ?? [];
  if (cookie === undefined) {
    const value = valueInAnswer(exchanged, capture);
    return typeof value === 'string' && value !== '' ? value : undefined;
  }
  const sent = (exchanged.answer?.headers['set-cookie'] ?? '').split(/, (?=[^;,\s]+=)/);
  return sent
    .find((text) => text.startsWith(`${cookie}=`))
    ?.slice(cookie.length + 1)
    .split(';', 1)[0];
}

type Expired = Extract<IdentityConfig, { expire: string }>;

async function expireToken(bench: Bench, { expire, signedWith }: Expired): Promise<Attempt> {
  const token = await realToken(bench, expire);
  if (token === undefined)
    return { how: `${expire}, whose token would be expired, was not obtained`, because: 'identity-works' };
  const key = bench.variable(signedWith);
  if (!key.known) return { how: `the key that signs tokens is not known: ${key.reason}` };
  const signed = signExpired(token, key.value, Math.floor(Date.now() / 1_000));
  if (!signed.signed) return { how: `${expire} cannot be expired: ${signed.reason}` };
  bench.conceal(signed.token);
  return {
    token: signed.token,
    how: `the token of ${expire}, signed again with ${signedWith}, ended an hour ago`,
  };
}

/** The twin of an expired token: signed the same way, and still valid. */
export async function obtainTwin(bench: Bench, name: string): Promise<Credential | undefined> {
  const identity = bench.routes.identities[name];
  if (identity === undefined || !('expire' in identity)) return undefined;
  const token = await realToken(bench, identity.expire);
  const key = bench.variable(identity.signedWith);
  if (token === undefined || !key.known) return undefined;
  const signed = signTwin(token, key.value, Math.floor(Date.now() / 1_000));
  if (!signed.signed) return undefined;
  bench.conceal(signed.token);
  return credentialOf(headersOf(bench, name), signed.token);
}

async function realToken(bench: Bench, name: string): Promise<string | undefined> {
  const obtained = await obtainIdentity(bench, name);
  return obtained.obtained ? obtained.credentials[0]?.token : undefined;
}

/** Nonsense, and what a token that is not verified would let through: forgeries of the first identity's token. */
function makeUpTokens(bench: Bench): Obtained {
  const [first, obtained] = [...bench.identities].find(([, other]) => other.obtained) ?? [];
  const real = obtained?.obtained === true ? obtained.credentials[0]?.token : undefined;
  const headers = first === undefined ? BEARER : headersOf(bench, first);
  const credentials = forgeTokens(real).map(({ kind, token }): Credential => {
    bench.conceal(token);
    return { variant: kind, ...credentialOf(headers, token) };
  });
  return { obtained: true, credentials };
}

/** How an identity is sent: an expired token like the one it was made of. */
function headersOf({ routes }: Pick<Bench, 'routes'>, name: string): HeaderTemplates {
  const identity = routes.identities[name];
  if (identity === undefined || 'unavailable' in identity) return BEARER;
  if (identity.headers !== undefined) return identity.headers;
  if ('expire' in identity) return headersOf({ routes }, identity.expire);
  const [, cookie] = 'login' in identity ? (/^cookie (\S+)$/.exec(identity.login.capture) ?? []) : [];
  return cookie === undefined ? BEARER : { cookie: `${cookie}={token}` };
}

function credentialOf(templates: HeaderTemplates, token: string): Credential {
  const headers = Object.entries(fillTexts(templates, { token })).map(([key, text]) => [
    key.toLowerCase(),
    text,
  ]);
  return { token, headers: Object.fromEntries(headers) };
}

/** Headers in which any identity travels: who sends nothing sends none of them. */
export function credentialHeaders(bench: Bench): Set<string> {
  const names = Object.keys(bench.routes.identities).flatMap((name) => Object.keys(headersOf(bench, name)));
  return new Set([...Object.keys(BEARER), ...names].map((name) => name.toLowerCase()));
}

/** Names of setups' captures in a value that have not been captured. */
export function missingNames({ routes, captures }: Bench, value: unknown): string[] {
  const known = new Set(Object.values(routes.setup).flatMap(({ capture }) => Object.keys(capture)));
  return namesIn(value).filter((name) => known.has(name) && !Object.hasOwn(captures, name));
}
