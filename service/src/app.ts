/** The HTTP application: plugins, hooks and routes, not yet listening. Built by the HTTP server at its start. */
import jwt from '@fastify/jwt';
import swagger from '@fastify/swagger';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import packageJson from '../package.json' with { type: 'json' };
import { answerError, answerUnknownPath, problemSchema } from './problems.ts';
import { adminRoutes } from './routes/admin.ts';
import { auditEntrySchema } from './routes/audit-schema.ts';
import { authRoutes } from './routes/auth.ts';
import { botRoutes } from './routes/bots.ts';
import { documentRoute } from './routes/document.ts';
import { healthRoutes } from './routes/health.ts';
import { marketRoutes } from './routes/markets.ts';
import { orderRoutes } from './routes/orders.ts';
import { realtimeRoutes } from './routes/realtime.ts';
import { systemRoutes } from './routes/system.ts';
import { botSchema, ledgerTransactionSchema, orderSchema, positionSchema } from './routes/trading-schemas.ts';
import { userSchema } from './routes/user-schema.ts';
import type { Services } from './services.ts';

export interface AppOptions {
  services: Services;
  jwtSecret: string;
  /** Told with every answer, so that whoever deploys sees which release answers. */
  releaseId: string | undefined;
  log: FastifyBaseLogger;
}

const TOKEN_ISSUER = 'paper-trading';

export async function buildApp({
  services,
  jwtSecret,
  releaseId,
  log,
}: AppOptions): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    // While draining, a request that still comes is answered, not turned away.
    return503OnClosing: false,
    // Longer than a proxy keeps its idle connections, so that it is the proxy that closes them.
    keepAliveTimeout: 75_000,
    requestTimeout: 30_000,
    bodyLimit: 16 * 1024,
    exposeHeadRoutes: false,
    // Paths that cannot be decoded fail before there is a route.
    frameworkErrors: answerError,
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false } },
  });
  for (const schema of [
    ...[problemSchema, userSchema, botSchema, orderSchema, positionSchema],
    ...[ledgerTransactionSchema, auditEntrySchema],
  ])
    app.addSchema(schema);
  app.decorateRequest('viewer', null);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerUnknownPath);

  addHeaders(app, services.lifecycle, releaseId);
  addHooks(app, services.lifecycle);
  await app.register(swagger, { openapi: describeApi(), refResolver: { buildLocalReference: nameById } });
  await app.register(jwt, {
    secret: jwtSecret,
    sign: { algorithm: 'HS256', iss: TOKEN_ISSUER },
    verify: { algorithms: ['HS256'], allowedIss: TOKEN_ISSUER, requiredClaims: ['sub', 'exp'] },
  });

  await app.register(documentRoute);
  await app.register(healthRoutes, { services, prefix: '/api/health' });
  await app.register(systemRoutes, { services, prefix: '/api/system' });
  await app.register(authRoutes, { services, prefix: '/api/auth' });
  await app.register(botRoutes, { services, prefix: '/api/bots' });
  await app.register(orderRoutes, { services, prefix: '/api' });
  await app.register(marketRoutes, { services, prefix: '/api/markets' });
  await app.register(realtimeRoutes, { services, prefix: '/api/realtime' });
  await app.register(adminRoutes, { services, prefix: '/api/admin' });
  return app;
}

/** Before fastify sees the request: hooks are not run for every answer, such as that to a path it cannot decode. */
function addHeaders(
  app: FastifyInstance,
  lifecycle: Services['lifecycle'],
  releaseId: string | undefined,
): void {
  app.server.prependListener('request', (_request, response) => {
    if (releaseId !== undefined) response.setHeader('x-release', releaseId);
    if (lifecycle.phase === 'draining') response.setHeader('connection', 'close');
  });
}

function addHooks(app: FastifyInstance, lifecycle: Services['lifecycle']): void {
  app.addHook('preValidation', async ({ routeOptions: { schema }, params, query }) => {
    readIntegers(schema?.params, params);
    readIntegers(schema?.querystring, query);
  });
  app.addHook('onSend', async (_request, reply) => {
    // A kept-alive connection would hold the server open: each client is told to leave with its next answer, also with
    // one that was asked for before.
    if (lifecycle.phase === 'draining') reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    const { method, url: path } = request;
    request.log.debug(
      { method, path, statusCode: reply.statusCode, durationMs: reply.elapsedTime },
      'answered',
    );
  });
}

/** Paths and queries are text: what the schema calls an integer is read as one. Bodies are taken as they come. */
function readIntegers(schema: unknown, values: unknown): void {
  if (!isRecord(schema) || !isRecord(schema['properties']) || !isRecord(values)) return;
  for (const [name, property] of Object.entries(schema['properties'])) {
    const text = values[name];
    const isInteger = isRecord(property) && property['type'] === 'integer';
    if (isInteger && typeof text === 'string' && /^\d{1,16}$/.test(text)) values[name] = Number(text);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function describeApi() {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Paper trading',
      version: packageJson.version,
      description: packageJson.description,
    },
    servers: [{ url: '/' }],
    tags: [
      { name: 'auth', description: 'Logging in.' },
      { name: 'bots', description: 'Paper accounts that trade by themselves.' },
      { name: 'orders', description: 'What they bought, sold and hold.' },
      { name: 'markets', description: 'What can be traded.' },
      { name: 'realtime', description: 'Events as they happen.' },
      { name: 'health', description: 'For supervisors and load balancers.' },
      { name: 'system', description: 'What is running.' },
      { name: 'admin', description: 'For admins only.' },
      { name: 'meta', description: 'This document.' },
    ],
    components: {
      securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  };
}

/** Shared schemas keep their own names in the document. */
function nameById(json: { $id?: unknown }, _base: unknown, _fragment: unknown, index: number): string {
  return typeof json.$id === 'string' ? json.$id : `Schema${index}`;
}
