/** Required routes of a running service: what is missing or broken fails, what wants to know who asks does not. */
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { afterEach, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import { findFreePort } from '../../harness/supervisors/ports.ts';
import { localTransport } from '../../harness/transport/local.ts';
import { newLedger } from './ledger.ts';
import { lookAtRoutes } from './look-at-routes.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const responses = { 200: { description: 'well' } };
const PATHS = {
  '/things': { get: { responses }, post: { responses } },
  '/things/{id}': { get: { responses } },
};

async function look(required: string[], statuses: Record<string, number>, pause?: string) {
  const server = createServer((request, response) => {
    const isDocument = request.url === '/openapi.json' && statuses['/openapi.json'] === undefined;
    response.statusCode = isDocument ? 200 : (statuses[request.url ?? ''] ?? 404);
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify(
        isDocument ? { openapi: '3.1.0', info: { title: 't', version: '1' }, paths: PATHS } : {},
      ),
    );
  });
  servers.push(server);
  const port = await findFreePort('127.0.0.1');
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const config = configSchema.parse({ routes: { document: '/openapi.json', required }, watch: {} });
  if (config.watch === undefined) throw new Error('the configuration lost its watch');
  const now = new Date();
  const looks = await lookAtRoutes({
    config,
    watch: config.watch,
    url: `http://127.0.0.1:${port}`,
    folder: '/nowhere',
    projectRoot: '/',
    transport: localTransport,
    ledger: newLedger(now),
    pause,
    now,
    signal: new AbortController().signal,
  });
  return looks.map(({ outcome, check, subject }) => `${outcome} ${check} ${subject}`);
}

it.each<[string, string[], Record<string, number>, string[]]>([
  [
    'all is well',
    ['GET /things'],
    { '/things': 200 },
    ['pass required-route GET /things', 'pass route-answers GET /things'],
  ],
  [
    'it asks who is there',
    ['* /things'],
    { '/things': 401 },
    ['pass required-route * /things', 'pass route-answers GET /things'],
  ],
  [
    'it is broken',
    ['GET /things'],
    { '/things': 500 },
    ['pass required-route GET /things', 'fail route-answers GET /things'],
  ],
  [
    'it is in the document only',
    ['GET /things'],
    {},
    ['pass required-route GET /things', 'fail route-answers GET /things'],
  ],
  ['it is not in the document', ['GET /others'], {}, ['fail required-route GET /others']],
  ['what changes something is not called', ['POST /things'], {}, ['pass required-route POST /things']],
])('%s', async (_what, required, statuses, expected) => {
  expect(await look(required, statuses)).toEqual(['pass required-route /openapi.json', ...expected]);
});

it('a document that is not there fails, unless a restart was announced', async () => {
  expect(await look(['GET /things'], { '/openapi.json': 503 })).toEqual([
    'fail required-route /openapi.json',
  ]);
  expect(await look(['GET /things'], { '/openapi.json': 503 }, 'deploy')).toEqual([
    'skip required-route /openapi.json',
  ]);
});
