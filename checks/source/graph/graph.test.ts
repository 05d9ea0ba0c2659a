/** What the graph follows: each case is right, and would be reported if a link were missing; with the link cut, it is. */
import { describe, expect, it } from 'vitest';
import { RULES } from '../rules.ts';
import { checkFiles, problems } from '../testing-project.ts';

/** What else these rules would wish for (a deadline, an error listener) is no question of the graph. */
const BESIDE = ['shutdown-deadline', 'listen-error-handled', 'drains-first', 'shutdown-order'];
const rules = RULES.filter((each) => !BESIDE.includes(each.id));

const SERVER = `import { createServer } from 'node:http';\nconst server = createServer();\nserver.listen(0);\n`;

const RIGHT: Record<string, Record<string, string>> = {
  'a bound method behind promisify': {
    'main.ts': `import { promisify } from 'node:util';\n${SERVER}
      const close = promisify(server.close.bind(server));
      process.once('SIGTERM', async () => { try { await close(); } catch (error) { console.error(error); } });`,
  },
  'an abstract base class that calls down': {
    'main.ts': `abstract class Service {
        async stop(): Promise<void> { try { await this.onStop(); } catch (error) { console.error(error); } }
        protected abstract onStop(): Promise<void>;
      }
      class Ticker extends Service {
        #timer: NodeJS.Timeout | undefined;
        start(): void { this.#timer ??= setInterval(() => console.log('tick'), 1000); }
        protected async onStop(): Promise<void> { clearInterval(this.#timer); }
      }
      const ticker = new Ticker();
      const all: Service[] = [ticker];
      process.once('SIGTERM', async () => { for (const each of all) await each.stop(); });
      ticker.start();`,
  },
  'constructor injection by parameter property, through an interface': {
    'main.ts': `import { createServer } from 'node:http';
      interface Closeable { close(): void }
      class Store { private web = createServer().listen(0); close(): void { this.web.close(); } }
      class App { constructor(private readonly store: Closeable) {} stop(): void { try { this.store.close(); } catch (error) { console.error(error); } } }
      const app = new App(new Store());
      process.on('SIGTERM', () => app.stop());`,
  },
  'a registry of clean-ups in another module': {
    'cleanups.ts': `const cleanups: (() => unknown)[] = [];
      export const onShutdown = (work: () => unknown): void => { cleanups.push(work); };
      export async function shutdown(): Promise<void> {
        for (const work of cleanups.reverse()) { try { await work(); } catch (error) { console.error(error); } }
      }`,
    'index.ts': `export * from './cleanups.ts';`,
    'main.ts': `import { onShutdown, shutdown } from './index.ts';\nprocess.once('SIGTERM', () => void shutdown());\n${SERVER}
      onShutdown(() => new Promise((resolve) => server.close(resolve)));`,
  },
  'CommonJS in all its forms': {
    'web.js': `const http = require('http');
      class Web { start() { this.server ??= http.createServer(); this.server.listen(0); } stop() { this.server?.close(); } }
      module.exports = Web;`,
    'timer.js': `let timer; exports.start = () => { timer ??= setInterval(() => 1, 10); }; exports.stop = () => clearInterval(timer);`,
    'main.js': `const Web = require('./web'); const timer = require('./timer.js');
      const web = new Web();
      process.on('SIGTERM', () => { web.stop(); timer.stop(); });
      web.start(); timer.start();`,
  },
  'NestJS with shutdown hooks': {
    'main.ts': `import { NestFactory } from '@nestjs/core';
      class Module {}
      async function bootstrap(): Promise<void> { const app = await NestFactory.create(Module); app.enableShutdownHooks(); await app.listen(3000); }
      bootstrap().catch((error) => { console.error(error); process.exitCode = 1; });`,
  },
  'a client of a package that is not installed': {
    'main.ts': `import { Pool } from 'pg'; import Redis from 'ioredis';
      const pool = new Pool(); const redis = new Redis();
      process.once('SIGTERM', async () => { console.log(await Promise.allSettled([pool.end(), redis.quit()])); process.exit(0); });`,
  },
  "a memoised shutdown, a second signal that forces, a deadline that is unref'd": {
    'main.ts': `${SERVER}
      let stopping: Promise<void> | undefined;
      async function stopOnce(): Promise<void> { await new Promise<void>((resolve) => server.close(() => resolve())); }
      function stop(): Promise<void> { stopping ??= stopOnce(); return stopping; }
      async function onSignal(): Promise<void> {
        if (stopping) process.exit(1);
        setTimeout(() => process.exit(1), 10_000).unref();
        try { await stop(); process.exit(0); } catch (error) { console.error(error); process.exit(1); }
      }
      process.on('SIGTERM', () => void onSignal()); process.on('SIGINT', () => void onSignal());`,
  },
  'services in an object with a table of phases': {
    'main.ts': `${SERVER}
      const timer = setInterval(() => console.log('tick'), 1000);
      const phases: [string, () => unknown][] = [['timer', () => clearInterval(timer)], ['http', () => new Promise((r) => server.close(r))]];
      async function shutdown(): Promise<void> {
        for (const [name, run] of phases) await Promise.resolve().then(run).catch((error) => console.error(name, error));
      }
      process.once('SIGTERM', () => { shutdown().then(() => process.exit(0)); });`,
  },
  'an errors-as-values stop and a lock around start': {
    'main.ts': `import { createServer, type Server } from 'node:http';
      class Web {
        constructor(readonly port: number) {}
        #server: Server | null = null; #starting: Promise<void> | null = null;
        async start(): Promise<void> { this.#starting ??= this.#open(); await this.#starting; }
        async #open(): Promise<void> { const server = createServer(); await new Promise<void>((resolve) => server.listen(this.port, resolve)); this.#server = server; }
        async stop(): Promise<{ ok: boolean; error?: unknown }> {
          try { await Promise.allSettled([this.#starting]); const server = this.#server; this.#server = null; if (server) await new Promise((resolve) => server.close(resolve)); return { ok: true }; }
          catch (error) { return { ok: false, error }; }
        }
      }
      const a = new Web(8001); const b = new Web(8002);
      process.once('SIGTERM', async () => { const results = [await a.stop(), await b.stop()]; process.exitCode = results.every((each) => each.ok) ? 0 : 1; });
      await Promise.all([a.start(), b.start()]);`,
  },
};

describe('lifecycle graph', () => {
  for (const [name, files] of Object.entries(RIGHT)) {
    it(`follows ${name}`, async () => {
      const result = await checkFiles(files, {}, { rules });
      expect(problems(result)).toEqual([]);
      expect(result.verdicts.some((each) => each.outcome === 'pass' && each.check === 'signal-handled')).toBe(
        true,
      );
    });

    it(`reports ${name} once the handler is gone`, async () => {
      const cut = Object.fromEntries(
        Object.entries(files).map(([file, text]) => [
          file,
          text
            .replace(/process\.(once|on)\('SIGTERM'/, `process.$1('SIGUSR1'`)
            .replace('app.enableShutdownHooks(); ', ''),
        ]),
      );
      expect(
        problems(await checkFiles(cut)).some(
          (each) => each.startsWith('signal-handled') || each.startsWith('resource-released'),
        ),
      ).toBe(true);
    });
  }

  it('ends on cycles of calls, imports, fields and externals', async () => {
    const result = await checkFiles(
      {
        'a.ts': `import { b } from './b.ts'; export function a(): void { b(); a(); }`,
        'b.ts': `import { a } from './a.ts'; export function b(): void { a(); }`,
        'main.ts': `import lib from 'lib'; import { a } from './a.ts';
        const node: any = {}; let bound: any = () => 1; bound = bound.bind(node); bound = bound.call.bind(bound);
        process.stdout.write = process.stdout.write.bind(process.stdout); node.next = node; node.self = [node];
        let x: any = lib; for (;;) { x = x.left; x = x.right(); x = x.up.down; if (x.end) break; }
        a(); ${SERVER.split('\n').slice(1).join('\n')} import { createServer } from 'node:http';
        process.on('SIGTERM', () => server.close());`,
      },
      {},
      { rules },
    );
    expect(problems(result)).toEqual([]);
  });
});
