/**
 * Asks a starting service whether it is ready: over HTTP, or by what it logs. Raced against its exit by
 * `process-instance.ts`, which also says why a service did not get ready.
 */
import { Client } from 'undici';
import type { ServiceConfig } from '../config.ts';
import { UsageError, errorText } from '../errors.ts';
import type { LogSlice } from './supervisor.ts';

/** Answers what readiness was seen by, or `undefined`: not yet. Throws with what went wrong last. */
export interface ReadinessProbe {
  ask(): Promise<string | undefined>;
  close(): void;
}

/** Where a probe looks. */
export interface ReadinessTarget {
  host: string;
  port: number | undefined;
  logStart: number;
  logs(cursor: number): LogSlice;
}

/** One answer may take this long before the next poll tries anew. */
const ANSWER_TIMEOUT_MS = 2_000;

/** Builds the probe the configuration asks for. Throws UsageError when it asks for HTTP without a port. */
export function createReadinessProbe(service: ServiceConfig, target: ReadinessTarget): ReadinessProbe {
  const readiness = service.readiness;
  if ('log' in readiness) return logProbe(readiness.log, target);
  if (target.port === undefined) {
    throw new UsageError(
      `service.readiness.http: "${readiness.http}" needs a port, but service.port is 'none'; ` +
        'expected readiness by log: { log: /pattern/.source }',
    );
  }
  return httpProbe(readiness.http, readiness.status, target.host, target.port);
}

function httpProbe(path: string, status: number, host: string, port: number): ReadinessProbe {
  const client = new Client(originOf(host, port), {
    pipelining: 1,
    connect: { timeout: ANSWER_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
  });
  return {
    ask: async () => {
      // `reset` closes the connection after the answer: an idle one would be counted as the service's.
      const answer = await client.request({ method: 'GET', path, reset: true });
      await answer.body.dump();
      if (answer.statusCode === status) return `GET ${path} ${status}`;
      throw new Error(`GET ${path} answered ${answer.statusCode}, expected ${status}`);
    },
    // Whatever is still open is of no use any more: there is nobody to tell of a failure to close it.
    close: () => void client.destroy().catch(() => undefined),
  };
}

function logProbe(pattern: string, target: ReadinessTarget): ReadinessProbe {
  const expression = compile(pattern);
  let cursor = target.logStart;
  return {
    ask: () => {
      const slice = target.logs(cursor);
      cursor = slice.cursor;
      const line = slice.lines.find((text) => expression.test(text));
      return Promise.resolve(line === undefined ? undefined : `log line "${line.slice(0, 120)}"`);
    },
    close: () => undefined,
  };
}

/** The origin of a host and port; an IPv6 address goes in brackets. */
export function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch (error) {
    throw new UsageError(
      `service.readiness.log: ${errorText(error)}; expected the source text of a regular expression`,
    );
  }
}
