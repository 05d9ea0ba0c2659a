/** For admins. The guard is on the whole plugin: a route added here is guarded from its first line. */
import type { FastifyInstance } from 'fastify';
import { audited, auditTrail } from '../audit.ts';
import { requireAdmin, viewerOf } from '../guards.ts';
import { problemResponses, switchedOn } from '../problems.ts';
import type { RouteOptions } from '../services.ts';
import { adminUserRoutes } from './admin-users.ts';
import { listOf, pageOf, pageSchema } from './paging.ts';
import type { SchemaTypes } from './schema-types.ts';
import { completeObject } from './trading-schemas.ts';

const SECURED = { tags: ['admin'], security: [{ bearer: [] }] } as const;

const BOTS_SCHEMA = {
  ...SECURED,
  operationId: 'listAllBots',
  summary: 'The bots of all users, the newest first.',
  querystring: pageSchema,
  response: {
    200: listOf('bots', { $ref: 'Bot#' } as const, 'The bots.'),
    ...problemResponses(400, 401, 403, 500, 503),
  },
} as const;

const AUDIT_SCHEMA = {
  ...SECURED,
  operationId: 'listAudit',
  summary: 'What admins did, the newest first.',
  querystring: pageSchema,
  response: {
    200: listOf('entries', { $ref: 'AuditEntry#' } as const, 'The entries.'),
    ...problemResponses(400, 401, 403, 500),
  },
} as const;

const STOPPED = {
  description: 'Done.',
  ...completeObject({
    bots: { type: 'integer', minimum: 0, description: 'How many bots changed their status.' },
  } as const),
  examples: [{ bots: 3 }],
} as const;

const STOP_SCHEMA = {
  ...SECURED,
  operationId: 'stopAllBots',
  summary: 'Emergency stop: stops every bot and cancels its open orders.',
  response: { 200: STOPPED, ...problemResponses(401, 403, 500, 503) },
} as const;

const RELEASE_SCHEMA = {
  ...SECURED,
  operationId: 'releaseAllBots',
  summary: 'Lets the bots run again that the emergency stop has stopped.',
  response: { 200: STOPPED, ...problemResponses(401, 403, 500, 503) },
} as const;

export async function adminRoutes(plain: FastifyInstance, { services }: RouteOptions): Promise<void> {
  const app = plain.withTypeProvider<SchemaTypes>();
  const { accounts, database } = services;
  const desk = () => switchedOn(services.trading, 'trading');
  app.addHook('onRequest', requireAdmin(accounts));
  await app.register(adminUserRoutes, { services });

  app.get('/bots', { schema: BOTS_SCHEMA }, async (request) => ({
    bots: pageOf(desk().bots({}), request.query),
  }));

  app.get('/audit', { schema: AUDIT_SCHEMA }, async (request) => ({
    entries: auditTrail(database, request.query),
  }));

  app.post('/emergency-stop', { schema: STOP_SCHEMA }, async (request) => {
    const trading = desk();
    return audited(
      database,
      viewerOf(request),
      () => ({ bots: trading.stopAllBots('ordered by an admin') }),
      (details) => ({ action: 'emergency-stop', subject: 'bots', details }),
    );
  });

  app.delete('/emergency-stop', { schema: RELEASE_SCHEMA }, async (request) => {
    const trading = desk();
    return audited(
      database,
      viewerOf(request),
      () => ({ bots: trading.resumeAll() }),
      (details) => ({ action: 'emergency-stop.release', subject: 'bots', details }),
    );
  });
}
