/** System: which program is running, since when. */
import type { FastifyInstance } from 'fastify';
import packageJson from '../../package.json' with { type: 'json' };
import type { Lifecycle } from '../lifecycle.ts';

const PING_SCHEMA = {
  operationId: 'pingSystem',
  tags: ['system'],
  summary: 'The running program: its version, its process, and for how long.',
  response: {
    200: {
      description: 'The running program.',
      type: 'object',
      additionalProperties: false,
      required: ['status', 'service', 'version', 'node', 'pid', 'phase', 'uptimeSeconds'],
      properties: {
        status: { type: 'string', enum: ['ok'] },
        service: { type: 'string', minLength: 1 },
        version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
        node: { type: 'string', pattern: '^v\\d+\\.' },
        pid: { type: 'integer', minimum: 1 },
        phase: { type: 'string', enum: ['starting', 'ready', 'draining', 'stopped'] },
        uptimeSeconds: { type: 'number', minimum: 0 },
      },
      examples: [
        {
          status: 'ok',
          service: 'paper-trading-service',
          version: '0.1.0',
          node: 'v24.0.0',
          pid: 4711,
          phase: 'ready',
          uptimeSeconds: 12.3,
        },
      ],
    },
  },
} as const;

export async function systemRoutes(
  app: FastifyInstance,
  { lifecycle }: { lifecycle: Pick<Lifecycle, 'phase'> },
): Promise<void> {
  app.get('/ping', { schema: PING_SCHEMA }, async () => ({
    status: 'ok',
    service: packageJson.name,
    version: packageJson.version,
    node: process.version,
    pid: process.pid,
    phase: lifecycle.phase,
    uptimeSeconds: process.uptime(),
  }));
}
