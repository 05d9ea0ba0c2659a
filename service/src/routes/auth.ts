/** Logging in: an address and a password for a token. */
import type { FastifyInstance } from 'fastify';
import { requireUser, viewerOf } from '../guards.ts';
import { HttpProblem, problemResponses } from '../problems.ts';
import type { RouteOptions } from '../services.ts';
import type { SchemaTypes } from './schema-types.ts';

const TOKEN_LIFETIME_S = 3_600;

const LOGIN_SCHEMA = {
  operationId: 'login',
  tags: ['auth'],
  summary: 'A bearer token for an e-mail address and a password.',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['email', 'password'],
    properties: {
      email: { type: 'string', format: 'email', maxLength: 254, examples: ['trader@example.com'] },
      password: { type: 'string', minLength: 1, maxLength: 256, examples: ['correct horse battery'] },
    },
    examples: [{ email: 'trader@example.com', password: 'correct horse battery' }],
  },
  response: {
    200: {
      description: 'Logged in.',
      type: 'object',
      additionalProperties: false,
      required: ['token', 'expiresAt', 'user'],
      properties: {
        token: { type: 'string', minLength: 1, description: 'Send it as "Authorization: Bearer <token>".' },
        expiresAt: { type: 'string', format: 'date-time' },
        user: { $ref: 'User#' },
      },
    },
    ...problemResponses(400, 401, 413, 415, 500),
  },
} as const;

const ME_SCHEMA = {
  operationId: 'getMe',
  tags: ['auth'],
  security: [{ bearer: [] }],
  summary: 'Who the token says that you are.',
  response: { 200: { $ref: 'User#' }, ...problemResponses(401, 500) },
} as const;

export async function authRoutes(plain: FastifyInstance, { services }: RouteOptions): Promise<void> {
  const { accounts } = services;
  const app = plain.withTypeProvider<SchemaTypes>();

  app.post('/login', { schema: LOGIN_SCHEMA }, async (request) => {
    const { email, password } = request.body;
    const user = await accounts.authenticate(email, password);
    if (user === undefined) throw new HttpProblem(401, 'the e-mail address or the password is wrong');
    const expiresAtS = Math.floor(Date.now() / 1_000) + TOKEN_LIFETIME_S;
    const token = app.jwt.sign({ sub: String(user.id), exp: expiresAtS });
    return { token, expiresAt: new Date(expiresAtS * 1_000).toISOString(), user };
  });

  app.get('/me', { schema: ME_SCHEMA, onRequest: requireUser(accounts) }, async (request) => {
    const { userId } = viewerOf(request);
    const user = accounts.find(userId);
    if (user === undefined) throw new HttpProblem(401, 'your account is no more');
    return user;
  });
}
