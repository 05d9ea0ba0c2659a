/** For admins. The guard is on the whole plugin: a route added here is guarded from its first line. */
import type { FastifyInstance } from 'fastify';
import type { Accounts } from '../accounts.ts';
import { requireAdmin } from '../guards.ts';
import { problemResponses } from '../problems.ts';

const USERS_SHOWN = 500;

const USERS_SCHEMA = {
  operationId: 'listUsers',
  tags: ['admin'],
  summary: `The first ${USERS_SHOWN} users, the oldest first, and how many there are.`,
  security: [{ bearer: [] }],
  response: {
    200: {
      description: 'The users.',
      type: 'object',
      additionalProperties: false,
      required: ['total', 'users'],
      properties: {
        total: { type: 'integer', minimum: 0 },
        users: { type: 'array', maxItems: USERS_SHOWN, items: { $ref: 'User#' } },
      },
    },
    ...problemResponses(401, 403, 500),
  },
} as const;

export async function adminRoutes(app: FastifyInstance, { accounts }: { accounts: Accounts }): Promise<void> {
  app.addHook('preHandler', requireAdmin(accounts));

  app.get('/users', { schema: USERS_SCHEMA }, async () => accounts.list(USERS_SHOWN));
}
