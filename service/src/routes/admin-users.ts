/** The accounts, for admins. Registered by the admin routes, whose guard holds here, too. */
import type { FastifyInstance } from 'fastify';
import { audited } from '../audit.ts';
import { viewerOf } from '../guards.ts';
import { hashPassword } from '../passwords.ts';
import { HttpProblem, problemResponses } from '../problems.ts';
import type { RouteOptions } from '../services.ts';
import { MIN_PASSWORD_LENGTH } from '../settings.ts';
import { idSchema, MAX_PAGE_SIZE, pageSchema } from './paging.ts';
import type { SchemaTypes } from './schema-types.ts';
import { userSchema } from './user-schema.ts';

const SECURED = { tags: ['admin'], security: [{ bearer: [] }] } as const;
const role = userSchema.properties.role;

const LIST_SCHEMA = {
  ...SECURED,
  operationId: 'listUsers',
  summary: 'The users, the newest first, and how many there are.',
  querystring: pageSchema,
  response: {
    200: {
      description: 'The users.',
      type: 'object',
      additionalProperties: false,
      required: ['total', 'users'],
      properties: {
        total: { type: 'integer', minimum: 0 },
        users: { type: 'array', maxItems: MAX_PAGE_SIZE, items: { $ref: 'User#' } },
      },
    },
    ...problemResponses(400, 401, 403, 500),
  },
} as const;

const ADD_SCHEMA = {
  ...SECURED,
  operationId: 'addUser',
  summary: 'A new user.',
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['email', 'password'],
    properties: {
      email: { type: 'string', format: 'email', maxLength: 254 },
      password: { type: 'string', minLength: MIN_PASSWORD_LENGTH, maxLength: 256 },
      role: { ...role, default: 'user' },
    },
    examples: [{ email: 'newcomer@example.com', password: 'a newcomer to paper' }],
  },
  response: { 201: { $ref: 'User#' }, ...problemResponses(400, 401, 403, 409, 413, 415, 500) },
} as const;

const CHANGE_SCHEMA = {
  ...SECURED,
  operationId: 'changeUser',
  summary: 'Changes the role of a user; not your own, so that an admin remains.',
  params: {
    type: 'object',
    required: ['userId'],
    properties: { userId: { ...idSchema, examples: [2] } },
  },
  body: {
    type: 'object',
    additionalProperties: false,
    required: ['role'],
    properties: { role },
    examples: [{ role: 'user' }],
  },
  response: { 200: { $ref: 'User#' }, ...problemResponses(400, 401, 403, 404, 409, 413, 415, 500) },
} as const;

export async function adminUserRoutes(plain: FastifyInstance, { services }: RouteOptions): Promise<void> {
  const { accounts, database, events } = services;
  const app = plain.withTypeProvider<SchemaTypes>();

  app.get('/users', { schema: LIST_SCHEMA }, async (request) => accounts.list(request.query));

  app.post('/users', { schema: ADD_SCHEMA }, async (request, reply) => {
    const { email, password, role } = request.body;
    const passwordHash = await hashPassword(password);
    const user = audited(
      database,
      viewerOf(request),
      () => {
        const added = accounts.add(email, passwordHash, role);
        if (added === undefined) throw new HttpProblem(409, `there is a user ${email} already`);
        return added;
      },
      ({ id }) => ({ action: 'user.add', subject: `user:${id}`, details: { email, role } }),
    );
    return reply.code(201).send(user);
  });

  app.patch('/users/:userId', { schema: CHANGE_SCHEMA }, async (request) => {
    const viewer = viewerOf(request);
    const { userId } = request.params;
    const { role } = request.body;
    if (userId === viewer.userId) throw new HttpProblem(409, 'your own role is changed by another admin');
    return audited(
      database,
      viewer,
      () => {
        const changed = accounts.setRole(userId, role);
        if (changed === undefined) throw new HttpProblem(404, `there is no user ${userId}`);
        events.endStreamsOf(userId);
        return changed;
      },
      () => ({ action: 'user.change-role', subject: `user:${userId}`, details: { role } }),
    );
  });
}
