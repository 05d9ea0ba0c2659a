/** Errors as the client sees them: one shape for all, and nothing of the inside for those that are ours. */
import { STATUS_CODES } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { features, type Feature } from './features.ts';
import { TradingProblem } from './trading/model.ts';

const RETRY_AFTER_S = 5;

/** Thrown by guards and handlers to answer with this status. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** What cannot be asked of trading, as a status. */
const TRADING_STATUS = {
  'not-found': 404,
  invalid: 400,
  conflict: 409,
  'no-price': 503,
  'insufficient-funds': 409,
  stopped: 409,
} as const satisfies Record<TradingProblem['kind'], number>;

/** The subsystem, or 503 with what to do when it is switched off. */
export function switchedOn<T>(subsystem: T | undefined, feature: Feature): T {
  if (subsystem !== undefined) return subsystem;
  throw new HttpProblem(
    503,
    `${feature} is switched off; set ${features[feature]}=on for the service and start it again`,
  );
}

export const problemSchema = {
  $id: 'Problem',
  type: 'object',
  description: 'Why a request was not answered as asked.',
  additionalProperties: false,
  required: ['statusCode', 'error', 'message'],
  properties: {
    statusCode: { type: 'integer', minimum: 400, maximum: 599 },
    error: { type: 'string', minLength: 1, description: 'The name of the status.' },
    message: { type: 'string', minLength: 1, description: 'What was wrong, and what to do.' },
  },
  examples: [
    { statusCode: 401, error: 'Unauthorized', message: 'the e-mail address or the password is wrong' },
  ],
} as const;

const DESCRIPTIONS = {
  400: 'The request is not as described.',
  401: 'No valid identity came with the request.',
  403: 'The identity may not do this.',
  404: 'There is no such thing, or it is not yours.',
  409: 'It does not fit with how things are.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  500: 'The service failed; its log says why.',
  503: 'It cannot be done at the moment; the message says what to do.',
} as const;

const PROBLEM_CONTENT = { 'application/json': { schema: { $ref: 'Problem#' } } } as const;

type Status = keyof typeof DESCRIPTIONS;
type ProblemResponses<S extends Status> = {
  [K in S]: { description: string; content: typeof PROBLEM_CONTENT };
};

/** Response schemas for these statuses. */
export function problemResponses<S extends Status>(...statuses: S[]): ProblemResponses<S> {
  const entries = statuses.map((status) => [
    status,
    { description: DESCRIPTIONS[status], content: PROBLEM_CONTENT },
  ]);
  return Object.fromEntries(entries) as ProblemResponses<S>;
}

/** The answer to an error that a guard, a handler or fastify itself threw. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const statusCode = statusOf(error);
  const isMeant = statusCode < 500 || error instanceof HttpProblem || error instanceof TradingProblem;
  if (isMeant && error instanceof Error) return send(reply, statusCode, error.message);
  request.log.error({ err: error, method: request.method, path: request.routeOptions.url }, 'request failed');
  return send(reply, statusCode, 'the service failed; its log says why');
}

export function answerUnknownPath(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return send(reply, 404, `there is no ${request.method} ${request.url}; see /openapi.json`);
}

function send(reply: FastifyReply, statusCode: number, message: string): FastifyReply {
  if (statusCode === 503) reply.header('retry-after', RETRY_AFTER_S);
  if (statusCode === 401) reply.header('www-authenticate', 'Bearer');
  return reply.code(statusCode).send({ statusCode, error: STATUS_CODES[statusCode] ?? 'Error', message });
}

function statusOf(error: unknown): number {
  if (error instanceof TradingProblem) return TRADING_STATUS[error.kind];
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : 500;
  return typeof status === 'number' && status >= 400 && status <= 599 ? status : 500;
}
