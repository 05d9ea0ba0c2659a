/**
 * Logs an identity of the configuration in, for whoever needs a token and nothing more: the load of the soak.
 * The routes stage, which records and judges how it got its identities, has ways of its own.
 */
import { request } from 'undici';
import type { IdentityConfig } from './config/routes.ts';
import { errorText } from './errors.ts';
import { readPointer } from './json-pointer.ts';

/** The headers that make a request one of this identity, or why there are none. */
export type IdentityHeaders =
  { known: true; headers: Record<string, string> } | { known: false; reason: string };

export interface IdentityOptions {
  /** `http://127.0.0.1:20000` */
  origin: string;
  timeoutMs: number;
  /** Masks the token from now on in everything that is written. */
  conceal(value: string): void;
}

const BEARER = { authorization: 'Bearer {token}' };

/** Never rejects. */
export async function identityHeaders(
  identity: IdentityConfig | undefined,
  options: IdentityOptions,
): Promise<IdentityHeaders> {
  if (identity === undefined) return { known: false, reason: 'it is not among routes.identities' };
  if ('unavailable' in identity)
    return { known: false, reason: `declared unavailable: ${identity.unavailable}` };
  if ('expire' in identity) return { known: false, reason: 'an expired identity sends no load' };
  const obtained = 'token' in identity ? { token: identity.token } : await logIn(identity.login, options);
  if (obtained.token === undefined) return { known: false, reason: obtained.reason };
  const { token } = obtained;
  options.conceal(token);
  const templates = identity.headers ?? defaultHeaders(identity);
  const headers = Object.entries(templates).map(([name, text]) => [name, text.replaceAll('{token}', token)]);
  return { known: true, headers: Object.fromEntries(headers) as Record<string, string> };
}

function defaultHeaders(identity: IdentityConfig): Record<string, string> {
  const cookie = 'login' in identity ? cookieName(identity.login.capture) : undefined;
  return cookie === undefined ? BEARER : { cookie: `${cookie}={token}` };
}

type Login = Extract<IdentityConfig, { login: unknown }>['login'];

async function logIn(
  { call, body, expect, capture }: Login,
  { origin, timeoutMs }: IdentityOptions,
): Promise<{ token: string } | { token?: never; reason: string }> {
  const [method = 'POST', path = '/'] = call.split(' ');
  try {
    const answer = await request(`${origin}${path}`, {
      method,
      headers: body === undefined ? {} : { 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      // An idle connection would be counted as the service's.
      reset: true,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== expect)
      return { reason: `${call} answered ${answer.statusCode}, expected ${expect}` };
    const token = tokenOf(text, answer.headers['set-cookie'], capture);
    return token === undefined ? { reason: `${call} answered without a token at ${capture}` } : { token };
  } catch (error) {
    return { reason: `${call}: ${errorText(error)}` };
  }
}

function cookieName(capture: string): string | undefined {
  return /^cookie (\S+)$/.exec(capture)?.[1];
}

function tokenOf(body: string, cookies: string | string[] | undefined, capture: string): string | undefined {
  const name = cookieName(capture);
  if (name !== undefined) {
    const set = [cookies ?? []].flat().find((cookie) => cookie.startsWith(`${name}=`));
    return set?.slice(name.length + 1).split(';', 1)[0];
  }
  const value = readPointer(JSON.parse(body), capture);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
