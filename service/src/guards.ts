/** Who may pass: the guards that routes put before their handlers. */
import type { FastifyRequest, preHandlerAsyncHookHandler } from 'fastify';
import type { Accounts } from './accounts.ts';
import { HttpProblem } from './problems.ts';

declare module '@fastify/jwt' {
  interface FastifyJWT {
    /** The user's id, and the end of the token's life in seconds since 1970. */
    payload: { sub: string; exp: number };
    user: { sub: string };
  }
}

/** Answers 401 without an identity and 403 with one that is no admin. */
export function requireAdmin(accounts: Accounts): preHandlerAsyncHookHandler {
  return async (request) => {
    const userId = await identify(request);
    if (!(await accounts.isAdmin(userId))) throw new HttpProblem(403, 'this is for admins; log in as one');
  };
}

/** The id of the user whose token came with the request. */
async function identify(request: FastifyRequest): Promise<number> {
  try {
    const { sub } = await request.jwtVerify<{ sub: string }>();
    return Number(sub);
  } catch (error) {
    request.log.debug({ err: error }, 'no identity');
    throw new HttpProblem(
      401,
      'a valid token is missing; get one from POST /api/auth/login and send it as "Authorization: Bearer <token>"',
    );
  }
}
