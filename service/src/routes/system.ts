/** System: which program is running, since when, and how its parts are. For everybody, so nothing secret is in it. */
import type { FastifyInstance } from 'fastify';
import packageJson from '../../package.json' with { type: 'json' };
import { features, type Feature } from '../features.ts';
import type { RouteOptions } from '../services.ts';
import type { SchemaTypes } from './schema-types.ts';
import { completeObject } from './trading-schemas.ts';

const phase = { type: 'string', enum: ['starting', 'ready', 'draining', 'stopped'] } as const;
const count = { type: 'integer', minimum: 0 } as const;
const milliseconds = { type: 'number', minimum: 0 } as const;
const textOrNull = { type: ['string', 'null'] } as const;

const PING_SCHEMA = {
  operationId: 'pingSystem',
  tags: ['system'],
  summary: 'The running program: its version, its process, and for how long.',
  response: {
    200: {
      description: 'The running program.',
      ...completeObject({
        status: { type: 'string', enum: ['ok'] },
        service: { type: 'string', minLength: 1 },
        version: { type: 'string', pattern: '^\\d+\\.\\d+\\.\\d+' },
        node: { type: 'string', pattern: '^v\\d+\\.' },
        pid: { type: 'integer', minimum: 1 },
        phase,
        uptimeSeconds: { type: 'number', minimum: 0 },
      } as const),
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

const STATUS_SCHEMA = {
  operationId: 'getSystemStatus',
  tags: ['system'],
  summary: 'How the parts of the service are, and which are switched on.',
  response: {
    200: {
      description: 'The parts.',
      ...completeObject({
        phase,
        features: {
          type: 'array',
          items: completeObject({
            name: { type: 'string', enum: Object.keys(features) as Feature[] },
            isOn: { type: 'boolean' },
            setting: { type: 'string', minLength: 1, description: 'The variable that switches it.' },
          } as const),
        },
        exchanges: {
          type: 'array',
          items: completeObject({
            id: { type: 'string', minLength: 1 },
            status: { type: 'string', enum: ['connecting', 'connected', 'degraded', 'down'] },
            reason: { type: 'string' },
            lastPriceAgeMs: { type: ['number', 'null'], minimum: 0 },
          } as const),
        },
        autopilot: completeObject({ isScheduled: { type: 'boolean' } } as const),
        eventStreams: completeObject({ open: count, max: count } as const),
        selfHealing: {
          type: 'array',
          items: completeObject({
            name: { type: 'string', minLength: 1 },
            state: { type: 'string', enum: ['healthy', 'failing', 'given-up'] },
            fault: textOrNull,
            failures: { ...count, description: 'Failed checks in a row.' },
            attempts: { ...count, description: 'How often it was opened anew since it was healthy last.' },
          } as const),
        },
        eventLoopDelay: {
          type: ['object', 'null'],
          additionalProperties: false,
          required: ['meanMs', 'p99Ms', 'maxMs'],
          properties: { meanMs: milliseconds, p99Ms: milliseconds, maxMs: milliseconds },
          description: 'Between the last two checks; null when self-healing is off.',
        },
      } as const),
      examples: [
        {
          phase: 'ready',
          features: [{ name: 'trading', isOn: true, setting: 'FEATURE_TRADING' }],
          exchanges: [{ id: 'binance', status: 'connected', reason: '', lastPriceAgeMs: 120 }],
          autopilot: { isScheduled: true },
          eventStreams: { open: 1, max: 500 },
          selfHealing: [{ name: 'database', state: 'healthy', fault: null, failures: 0, attempts: 0 }],
          eventLoopDelay: { meanMs: 0.4, p99Ms: 1.2, maxMs: 7.5 },
        },
      ],
    },
  },
} as const;

export async function systemRoutes(plain: FastifyInstance, { services }: RouteOptions): Promise<void> {
  const app = plain.withTypeProvider<SchemaTypes>();

  app.get('/ping', { schema: PING_SCHEMA }, async () => ({
    status: 'ok' as const,
    service: packageJson.name,
    version: packageJson.version,
    node: process.version,
    pid: process.pid,
    phase: services.lifecycle.phase,
    uptimeSeconds: process.uptime(),
  }));

  app.get('/status', { schema: STATUS_SCHEMA }, async () => {
    const { lifecycle, exchanges, autopilot, events, maxEventStreams, selfHealing } = services;
    const names = Object.keys(features) as Feature[];
    const healing = selfHealing?.status();
    return {
      phase: lifecycle.phase,
      features: names.map((name) => ({ name, isOn: services.features[name], setting: features[name] })),
      exchanges: exchanges.status(),
      autopilot: { isScheduled: autopilot !== undefined && autopilot.scheduler !== null },
      eventStreams: { open: events.watcherCount, max: maxEventStreams },
      selfHealing: healing?.patients ?? [],
      eventLoopDelay: healing?.eventLoop ?? null,
    };
  });
}
