/** The HTTP application: plugins, hooks and routes, not yet listening. Built by the HTTP server at its start. */
import jwt from '@fastify/jwt';
import swagger from '@fastify/swagger';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import packageJson from '../package.json' with { type: 'json' };
import type { Accounts } from './accounts.ts';
import type { Lifecycle } from './lifecycle.ts';
import { answerError, answerUnknownPath, problemSchema } from './problems.ts';
import { adminRoutes } from './routes/admin.ts';
import { authRoutes } from './routes/auth.ts';
import { documentRoute } from './routes/document.ts';
import { healthRoutes } from './routes/health.ts';
import { systemRoutes } from './routes/system.ts';
import { userSchema } from './routes/user-schema.ts';

export interface AppOptions {
  accounts: Accounts;
  lifecycle: Pick<Lifecycle, 'phase'>;
  jwtSecret: string;
  log: FastifyBaseLogger;
}

const TOKEN_ISSUER = 'paper-trading';

export async function buildApp({
  accounts,
  lifecycle,
  jwtSecret,
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
  app.addSchema(problemSchema);
  app.addSchema(userSchema);
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(answerUnknownPath);

  addHooks(app, lifecycle);
  await app.register(swagger, { openapi: describeApi(), refResolver: { buildLocalReference: nameById } });
  await app.register(jwt, {
    secret: jwtSecret,
    sign: { algorithm: 'HS256', iss: TOKEN_ISSUER },
    verify: { algorithms: ['HS256'], allowedIss: TOKEN_ISSUER },
  });

  await app.register(documentRoute);
  await app.register(healthRoutes, { prefix: '/api/health', lifecycle });
  await app.register(systemRoutes, { prefix: '/api/system', lifecycle });
  await app.register(authRoutes, { prefix: '/api/auth', accounts });
  await app.register(adminRoutes, { prefix: '/api/admin', accounts });
  return app;
}

function addHooks(app: FastifyInstance, lifecycle: AppOptions['lifecycle']): void {
  app.addHook('onSend', async (_request, reply) => {
    // A kept-alive connection would hold the server open: each client is told to leave with its next answer.
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
