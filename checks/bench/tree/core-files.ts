/** The files that every generated service has: what its domains are built on. Fixed texts, no drawing. */

export const CORE_FILES = {
  'core/lifecycle.ts': `import type { Logger } from 'pino';

export interface Subsystem {
  readonly name: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export type Outcome<T, E extends Error = Error> = { ok: true; value: T } | { ok: false; error: E };

export async function attempt<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error : new Error(String(error)) };
  }
}

export async function startAll(subsystems: readonly Subsystem[]): Promise<void> {
  for (const each of subsystems) await each.start();
}

export async function stopAll(subsystems: readonly Subsystem[], log: Logger): Promise<void> {
  for (const each of [...subsystems].reverse()) {
    try {
      await each.stop();
    } catch (error) {
      log.error({ error, subsystem: each.name }, 'stop failed');
    }
  }
}
`,
  'core/repository.ts': `export interface Entity {
  readonly id: string;
  readonly createdAt: Date;
  updatedAt: Date;
}

export type Draft<T extends Entity> = Omit<T, keyof Entity>;
export type Patch<T extends Entity> = Partial<Draft<T>>;
export type Query<T> = { [K in keyof T]?: T[K] | ((value: T[K]) => boolean) };

export class NotFoundError extends Error {
  readonly id: string;
  constructor(kind: string, id: string) {
    super(\`no \${kind} with id \${id}\`);
    this.id = id;
  }
}

export abstract class Repository<T extends Entity> {
  protected readonly rows = new Map<string, T>();
  protected abstract readonly kind: string;

  async find(id: string): Promise<T | undefined> {
    return this.rows.get(id);
  }

  async get(id: string): Promise<T> {
    const row = await this.find(id);
    if (row === undefined) throw new NotFoundError(this.kind, id);
    return row;
  }

  async list(query: Query<T> = {}): Promise<T[]> {
    const tests = Object.entries(query) as [keyof T, unknown][];
    return [...this.rows.values()].filter((row) =>
      tests.every(([key, want]) => (typeof want === 'function' ? Boolean(want(row[key])) : row[key] === want)),
    );
  }

  async save(row: T): Promise<T> {
    row.updatedAt = new Date();
    this.rows.set(row.id, row);
    return row;
  }

  async remove(id: string): Promise<boolean> {
    return this.rows.delete(id);
  }

  async transaction<R>(work: (inside: this) => Promise<R>): Promise<R> {
    const before = new Map(this.rows);
    try {
      return await work(this);
    } catch (error) {
      this.rows.clear();
      for (const [id, row] of before) this.rows.set(id, row);
      throw error;
    }
  }
}
`,
  'core/events.ts': `import { EventEmitter } from 'node:events';

export class TypedEvents<Events extends { type: string }> {
  readonly #emitter = new EventEmitter();

  on<K extends Events['type']>(type: K, listener: (event: Extract<Events, { type: K }>) => void): () => void {
    this.#emitter.on(type, listener);
    return () => this.#emitter.off(type, listener);
  }

  emit(event: Events): void {
    this.#emitter.emit(event.type, event);
  }

  clear(): void {
    this.#emitter.removeAllListeners();
  }
}
`,
  'core/http.ts': `export interface RequestOptions {
  timeoutMs?: number;
  headers?: Record<string, string>;
}

export async function fetchJson<T>(url: URL, options: RequestOptions = {}): Promise<T> {
  const response = await fetch(url, {
    headers: { accept: 'application/json', ...options.headers },
    signal: AbortSignal.timeout(options.timeoutMs ?? 5_000),
  });
  if (!response.ok) throw new Error(\`\${url.pathname} answered \${response.status}\`);
  return (await response.json()) as T;
}

export async function retry<T>(times: number, work: (round: number) => Promise<T>): Promise<T> {
  let last: unknown;
  for (let round = 0; round < times; round += 1) {
    try {
      return await work(round);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}
`,
  'core/context.ts': `import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { pino, type Logger } from 'pino';

export interface Context {
  readonly log: Logger;
  readonly app: FastifyInstance;
  readonly upstream: URL;
  id(): string;
}

export function createContext(env: NodeJS.ProcessEnv): Context {
  const log = pino({ level: env['LOG_LEVEL'] ?? 'info' });
  const app = Fastify({ forceCloseConnections: 'idle' });
  return { log, app, upstream: new URL(env['UPSTREAM'] ?? 'http://127.0.0.1:9'), id: () => randomUUID() };
}
`,
  'tsconfig.json': `${JSON.stringify(
    {
      compilerOptions: {
        target: 'es2022',
        lib: ['es2023'],
        module: 'nodenext',
        moduleResolution: 'nodenext',
        types: ['node'],
        strict: true,
        skipLibCheck: true,
        noEmit: true,
        rootDir: '.',
      },
      include: ['src'],
    },
    null,
    2,
  )}\n`,
  'package.json': `${JSON.stringify(
    {
      name: 'generated-service',
      private: true,
      type: 'module',
      scripts: { start: 'node dist/main.js' },
      dependencies: { fastify: '*', pino: '*' },
    },
    null,
    2,
  )}\n`,
} as const satisfies Record<string, string>;
