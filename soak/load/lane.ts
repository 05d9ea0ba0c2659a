/**
 * One connection of the load: carries one request at a time and sees what becomes of it. A lane keeps its
 * connection alive, or opens a new one for every request. Used by `generator.ts`.
 */
import { Client, buildConnector } from 'undici';
import type { RequestTemplate } from '../../harness/config.ts';
import type { RequestTrace } from './fate.ts';

/** Whether a lane keeps its connection or opens a new one for each request. */
export type LaneKind = 'keep-alive' | 'fresh';

/** Owns one undici client; {@link Lane.close} gives its connection back. */
export interface Lane {
  readonly kind: LaneKind;
  /** The request that is under way. */
  readonly current: RequestTrace | undefined;
  /** Whether it holds an open connection that has answered before. */
  isWarm(): boolean;
  /** Puts a request on the connection. `onSent` is called once its bytes are written, before anything else is read. */
  send(template: RequestTemplate, onDone: (trace: RequestTrace) => void, onSent?: () => void): void;
  close(): Promise<void>;
}

export interface LaneOptions {
  origin: string;
  kind: LaneKind;
  timeoutMs: number;
}

/** What is known of the connection of a lane. */
interface Connection {
  /** How many requests it has answered. */
  served: number;
  open: boolean;
}

export function openLane({ origin, kind, timeoutMs }: LaneOptions): Lane {
  const connection: Connection = { served: 0, open: false };
  const client = openClient(origin, timeoutMs, connection);
  let current: RequestTrace | undefined;
  return {
    kind,
    get current() {
      return current;
    },
    isWarm: () => connection.open && connection.served > 0,
    send(template, onDone, onSent) {
      const trace: RequestTrace = { reused: false, complete: false };
      current = trace;
      const finish = (): void => {
        if (current !== trace) return;
        current = undefined;
        onDone(trace);
      };
      dispatch(client, template, kind, courseOf({ trace, connection, timeoutMs, finish, onSent }));
    },
    close: () => client.destroy(),
  };
}

function openClient(origin: string, timeoutMs: number, connection: Connection): Client {
  const connect = buildConnector({ timeout: timeoutMs });
  return new Client(origin, {
    pipelining: 1,
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: 60_000,
    connect: (options, callback) =>
      connect(options, (...result) => {
        const socket = result[1];
        connection.served = 0;
        connection.open = socket !== null;
        socket?.once('close', () => (connection.open = false));
        callback(...result);
      }),
  });
}

interface CourseInput {
  trace: RequestTrace;
  connection: Connection;
  timeoutMs: number;
  finish(): void;
  onSent: (() => void) | undefined;
}

/** Writes into the trace what happens to its request. */
function courseOf({ trace, connection, timeoutMs, finish, onSent }: CourseInput): Course {
  let abort: (() => void) | undefined;
  // The timeouts of undici are coarse above a second and start anew for each part of an answer.
  const expiry = setTimeout(() => abort?.(), timeoutMs);
  const end = (): void => {
    clearTimeout(expiry);
    finish();
  };
  return {
    started(stop) {
      trace.sentAtMs = performance.now();
      trace.reused = connection.served > 0;
      abort = () => stop(Object.assign(new Error(`no complete answer in ${timeoutMs} ms`), { code: 'LATE' }));
      // undici writes the bytes right after this callback, in the same turn.
      if (onSent !== undefined) queueMicrotask(onSent);
    },
    headers(status) {
      trace.status = status;
    },
    ended() {
      trace.complete = true;
      connection.served += 1;
      end();
    },
    failed(error) {
      trace.error = error;
      end();
    },
  };
}

interface Course {
  started(abort: (reason: Error) => void): void;
  headers(status: number): void;
  ended(): void;
  failed(error: { code: string; message: string }): void;
}

function dispatch(client: Client, template: RequestTemplate, kind: LaneKind, course: Course): void {
  const body = template.body === undefined ? null : JSON.stringify(template.body);
  client.dispatch(
    {
      method: template.method,
      path: template.path,
      headers: { ...(body === null ? {} : { 'content-type': 'application/json' }), ...template.headers },
      body,
      reset: kind === 'fresh',
    },
    {
      onRequestStart: (controller) => course.started((reason) => controller.abort(reason)),
      onResponseStart: (_controller, status) => {
        // 1xx are not the answer.
        if (status >= 200) course.headers(status);
      },
      onResponseData: () => undefined,
      onResponseEnd: () => course.ended(),
      onResponseError: (_controller, error) => course.failed(describe(error)),
    },
  );
}

function describe(error: Error): { code: string; message: string } {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  return { code, message: error.message };
}
