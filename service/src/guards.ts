/** Who may pass: the guards that routes put before everything else, so that a stranger learns nothing about the rest. */
import type { FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Accounts } from './accounts.ts';
import { HttpProblem } from './problems.ts';

/** Who asks, as a guard found out. */
export interface Viewer {
  userId: number;
  isAdmin: boolean;
  /** The end of the token's life, in milliseconds since 1970. */
  expiresAtMs: number;
}

declare module '@fastify/jwt' {
  interface FastifyJWT {
    /** The user's id, and the end of the token's life in seconds since 1970. */
    payload: { sub: string; exp: number };
    user: { sub: string; exp: number };
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null until a guard has let the request pass. */
    viewer: Viewer | null;
  }
}

/** Lets users pass; answers 401 without an identity, or with that of a user that is no more. */
export function requireUser(accounts: Accounts): onRequestAsyncHookHandler {
  return async (request) => {
    const { userId, expiresAtMs } = await identify(request);
    if (accounts.find(userId) === undefined) throw unauthorized();
    request.viewer = { userId, expiresAtMs, isAdmin: await accounts.isAdmin(userId) };
  };
}

/** Lets admins pass; answers 401 without an identity and 403 with one that is no admin. */
export function requireAdmin(accounts: Accounts): onRequestAsyncHookHandler {
  return async (request) => {
    const { userId, expiresAtMs } = await identify(request);
    if (!(await accounts.isAdmin(userId))) {
      throw accounts.isGone(userId)
        ? unauthorized()
        : new HttpProblem(403, 'this is for admins; log in as one');
    }
    request.viewer = { userId, expiresAtMs, isAdmin: true };
  };
}

/** Who asks; throws on a route that has no guard. */
export function viewerOf(request: FastifyRequest): Viewer {
  if (request.viewer === null)
    throw new Error(`${request.routeOptions.url} has no guard; put requireUser or requireAdmin before it`);
  return request.viewer;
}

/** The user whose token came with the request. */
async function identify(request: FastifyRequest): Promise<{ userId: number; expiresAtMs: number }> {
  try {
    const { sub, exp } = await request.jwtVerify<{ sub: string; exp: number }>();
    return { userId: Number(sub), expiresAtMs: exp * 1_000 };
  } catch (error) {
    request.log.debug({ err: error }, 'no identity');
    throw unauthorized();
  }
}

function unauthorized(): HttpProblem {
  return new HttpProblem(
    401,
    'a valid token is missing; get one from POST /api/auth/login and send it as "Authorization: Bearer <token>"',
  );
}
