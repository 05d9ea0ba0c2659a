/**
 * Takes JSON Web Tokens apart, signs them again, and forges them.
 * Pure; used by `identities.ts`.
 */
import { createHmac } from 'node:crypto';
import { isObject } from './openapi.ts';
import type { JsonObject } from './openapi.ts';

export interface Jwt {
  header: JsonObject;
  payload: JsonObject;
}

const HASHES: Readonly<Record<string, string>> = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' };

/** `undefined` for a token of another kind. */
export function readJwt(token: string): Jwt | undefined {
  const parts = token.split('.');
  const header = decode(parts[0]);
  const payload = decode(parts[1]);
  if (parts.length !== 3 || header === undefined || payload === undefined) return undefined;
  return { header, payload };
}

export type Signed = { signed: true; token: string } | { signed: false; reason: string };

/** How long ago an expired token ended: more than any tolerance for clocks that differ. */
const EXPIRED_SINCE_S = 3_600;

/** The token as it would be had it ended an hour ago, signed with this key. */
export function signExpired(token: string, key: string, nowS: number): Signed {
  return signAgain(token, key, nowS - EXPIRED_SINCE_S);
}

/** The token signed with this key, its end a second earlier: in nothing that matters another, and yet not the same. */
export function signTwin(token: string, key: string, nowS: number): Signed {
  const end = readJwt(token)?.payload['exp'];
  return signAgain(token, key, typeof end === 'number' ? end - 1 : nowS + EXPIRED_SINCE_S);
}

function signAgain(token: string, key: string, endS: number): Signed {
  const jwt = readJwt(token);
  if (jwt === undefined) return { signed: false, reason: 'its token is no JSON Web Token' };
  const algorithm = String(jwt.header['alg']);
  const hash = HASHES[algorithm];
  if (hash === undefined) {
    const known = Object.keys(HASHES).join(', ');
    const reason = `its token is signed with ${algorithm}, and only ${known} can be signed again`;
    return { signed: false, reason };
  }
  const body = `${encode(jwt.header)}.${encode(moveLife(jwt.payload, endS))}`;
  return { signed: true, token: `${body}.${createHmac(hash, key).update(body).digest('base64url')}` };
}

/** Issue and start move with the end: a token that ended before it began would be refused for another reason. */
function moveLife(payload: JsonObject, endS: number): JsonObject {
  const { exp } = payload;
  const moved: JsonObject = { ...payload, exp: endS };
  for (const claim of ['iat', 'nbf']) {
    const at = payload[claim];
    if (typeof at === 'number')
      moved[claim] = typeof exp === 'number' ? at + endS - exp : Math.min(at, endS - 1);
  }
  return moved;
}

export interface Forgery {
  /** What it is, in words. */
  kind: string;
  token: string;
}

/** Tokens that nobody issued: plain nonsense, and for a JSON Web Token its contents without its signature. */
export function forgeTokens(real: string | undefined): Forgery[] {
  const nonsense: Forgery = { kind: 'no token at all', token: 'garbage-that-nobody-issued' };
  const jwt = real === undefined ? undefined : readJwt(real);
  if (real === undefined || jwt === undefined) return [nonsense];
  const [header = '', payload = '', signature = ''] = real.split('.');
  return [
    nonsense,
    { kind: 'a wrong signature', token: `${header}.${payload}.${reverse(signature)}` },
    { kind: 'no signature', token: `${encode({ ...jwt.header, alg: 'none' })}.${payload}.` },
  ];
}

/** Every byte of it another: a signature that is only nearly right may be right after all in its unused last bits. */
function reverse(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url');
  return Buffer.from(bytes.map((byte) => byte ^ 0xff)).toString('base64url');
}

function encode(value: JsonObject): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string | undefined): JsonObject | undefined {
  if (part === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    // Not a JSON Web Token: the caller says what that means.
    return undefined;
  }
}
