/**
 * A copy of the service with one fault, for tests of the deployment: the service itself has no fault switches. An edit
 * that finds no place to strike throws, so that no test passes because nothing was wrong.
 * Called by the machine test; by hand: `node deployment/bad-service.ts KIND FOLDER`, then `release.ts --service FOLDER`.
 */
import { cpSync } from 'node:fs';
import path from 'node:path';
import { type SeededEdit, strike } from './seeded-edit.ts';

interface Fault extends SeededEdit {
  /** What a person sees of it. */
  meaning: string;
}

const SERVICE = path.resolve(import.meta.dirname, '../service');

export const BAD_SERVICES = {
  harmless: {
    meaning: 'nothing is wrong: another release, to upgrade to',
    file: 'src/main.ts',
    find: 'log.info({ version: packageJson.version,',
    replace: 'log.info({ upgraded: true, version: packageJson.version,',
  },
  'slow-to-be-ready': {
    meaning:
      'nothing is wrong: it is ready 7 seconds after its start, longer than any question about it waits',
    file: 'src/main.ts',
    find: 'const exitCode = await lifecycle.run(subsystems);',
    replace:
      'await new Promise((resolve) => setTimeout(resolve, 7_000));\n  const exitCode = await lifecycle.run(subsystems);',
  },
  'does-not-load': {
    meaning: 'a syntax error: found before anything is started',
    file: 'src/routes/bots.ts',
    find: 'export async function',
    replace: 'export async async function',
  },
  'crashes-at-start': {
    meaning: 'the process ends with 1 before it is ready',
    file: 'src/main.ts',
    find: 'async function main(): Promise<number> {',
    replace:
      "async function main(): Promise<number> {\n  if (process.pid > 0) throw new Error('seeded: crashes at start');",
  },
  'health-500': {
    meaning: 'ready, and its health route answers 500',
    file: 'src/routes/health.ts',
    find: "async () => ({ status: 'ok' })",
    replace: "async () => {\n    throw new Error('seeded: health fails');\n  }",
  },
  'never-ready': {
    meaning: 'runs and never tells that it is ready',
    file: 'src/systemd-notice.ts',
    find: "'READY=1', ",
    replace: '',
  },
  'missing-route': {
    meaning: 'a required route is gone',
    file: 'src/app.ts',
    find: "await app.register(realtimeRoutes, { services, prefix: '/api/realtime' });",
    replace: 'void realtimeRoutes;',
  },
  'logs-a-rejection': {
    meaning: 'well by every answer, and its log is not clean',
    file: 'src/main.ts',
    find: 'const exitCode = await lifecycle.run(subsystems);',
    replace:
      "process.stderr.write('(node:1) UnhandledPromiseRejectionWarning: Error: seeded\\n');\n  const exitCode = await lifecycle.run(subsystems);",
  },
  'stops-with-1': {
    meaning: 'well until it is stopped: then its exit code is 1',
    file: 'src/main.ts',
    find: 'return exitCode;',
    replace: 'return exitCode + 1;',
  },
  'deaf-to-sigterm': {
    meaning: 'well until it is stopped: then the signal kills it, which systemd calls a success',
    file: 'src/main.ts',
    find: "process.on('SIGTERM', () => void lifecycle.shutdown('SIGTERM'));",
    replace: '',
  },
} as const satisfies Record<string, Fault>;

export type BadService = keyof typeof BAD_SERVICES;

/** Copies the service into `folder` with the fault in it. */
export function makeBadService(kind: BadService, folder: string, from = SERVICE): void {
  cpSync(from, folder, { recursive: true });
  strike(kind, folder, BAD_SERVICES[kind]);
}

function main([kind = '', folder = '', from]: readonly string[]): void {
  if (!Object.hasOwn(BAD_SERVICES, kind) || folder === '') {
    const kinds = Object.entries(BAD_SERVICES).map(
      ([name, { meaning }]) => `  ${name.padEnd(18)} ${meaning}`,
    );
    process.stderr.write(
      `usage: node deployment/bad-service.ts KIND FOLDER [SERVICE]\n${kinds.join('\n')}\n`,
    );
    process.exitCode = 2;
    return;
  }
  makeBadService(kind as BadService, folder, from);
}

if (import.meta.main) main(process.argv.slice(2));
