/** Every fix on the bad fixtures of its rule: the finding is gone, nothing is new, and the file stays what it was. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../harness/config.ts';
import { inProject } from '../testing-project.ts';
import { FIXES } from './fixes.ts';
import { type FixOutcome, fixSource } from './fix-source.ts';

const FIXTURES = path.resolve(import.meta.dirname, '../../../fixtures/rules');
const FORMAT = { printWidth: 110, singleQuote: true } as const;

/** Fixes one file as a project of its own, with every rule looking. */
function fixFile(name: string, text: string): Promise<FixOutcome> {
  return inProject({ [name]: text, 'package.json': '{"type":"module"}' }, (projectRoot) =>
    fixSource({ projectRoot, config: configSchema.parse({ source: { entries: [name] } }) }),
  );
}

/** How many findings of the rule are fixed in which fixture; in the others the edit is a person's. */
const FIXED: Record<keyof typeof FIXES, Record<string, number>> = {
  'exchange-closed': { 'bad-never-closed.ts': 2 },
  'resource-released': { 'bad-one-of-two-timers.ts': 1 },
  'shutdown-call-guarded': {
    'bad-exchange-before-journal.ts': 2,
    'bad-loop-without-try.ts': 1,
    'bad-plain-sequence.ts': 2,
    'bad-runner-without-guard.ts': 1,
    'bad-shared-try.ts': 2,
    'bad-sync-close-first.ts': 1,
    'bad-try-around-loop.ts': 1,
  },
  'shutdown-error-logged': {
    'bad-catch-noop.ts': 1,
    'bad-collected-never-read.ts': 1,
    'bad-empty-catch-of-task.ts': 1,
    'bad-empty-catch.ts': 2,
    'bad-flag-only.ts': 3,
    'bad-guarding-runner.ts': 1,
    'bad-returns-constant.js': 1,
  },
  'start-awaited': {
    'bad-bare-main.ts': 1,
    'bad-dead-catch.ts': 1,
    'bad-fastify-listen.ts': 1,
    'bad-finally-only.js': 1,
    'bad-method-starts-child.ts': 1,
    'bad-then-without-catch.ts': 1,
    'bad-void-callee-rethrows.ts': 1,
    'bad-void-start.ts': 1,
  },
  'stop-awaited': { 'bad-braces-drop-promise.ts': 1, 'bad-nested-stop.ts': 1, 'bad-void-then-exit.ts': 1 },
};

describe.each(Object.entries(FIXED))('fixes of %s', (rule, expected) => {
  it.each(Object.entries(expected))('%s', async (name, count) => {
    const text = readFileSync(path.join(FIXTURES, rule, name), 'utf8');
    const { files, fixed } = await fixFile(name, text);
    expect(fixed.filter(({ check }) => check === rule)).toHaveLength(count);
    const after = files[0]?.after ?? '';
    expect((await fixFile(name, after)).files, 'a second run').toEqual([]);
    if ((await format(text, { ...FORMAT, filepath: name })) === text)
      expect(after).toBe(await format(after, { ...FORMAT, filepath: name }));
  });

  it('names fixtures that there are', () => {
    const names = readdirSync(path.join(FIXTURES, rule));
    expect(Object.keys(expected).filter((name) => !names.includes(name))).toEqual([]);
  });
});

const SERVICE = `import fastify from 'fastify';
import { log } from './log.ts';

const app = fastify();
const other = fastify();

async function shutdown(): Promise<void> {
  await app.close();
  await other.close().catch(() => {});
}

process.once('SIGTERM', () => void shutdown());
log.error({ err: new Error('x') }, 'never');

await app.listen({ port: 3000, host: '127.0.0.1' });
await other.listen({ port: 3001, host: '127.0.0.1' });
`;
const LOG =
  'export const log = { error(data: object, text: string): void { console.error(data, text); } };\n';

async function fixService(rewrite: (text: string) => string): Promise<string> {
  const files = { 'main.ts': rewrite(SERVICE), 'log.ts': LOG, 'package.json': '{"type":"module"}' };
  return inProject(files, async (projectRoot) => {
    const config = configSchema.parse({ source: { entries: ['main.ts'] } });
    const outcome = await fixSource({ projectRoot, config });
    return outcome.files.find((file) => file.path === 'main.ts')?.after ?? '';
  });
}

describe('a fixed file', () => {
  it('logs as the file does', async () => {
    const after = await fixService((text) => text);
    expect(after).toContain(
      "  try {\n    await app.close();\n  } catch (error) {\n    log.error({ err: error }, 'app.close() failed');\n  }\n",
    );
    expect(after).toContain(
      "  await other.close().catch((error: unknown) => log.error({ err: error }, 'other.close() failed'));",
    );
  });

  it('keeps its line ends, its mark, its tabs, its quotes and its missing semicolons', async () => {
    const after = await fixService(
      (text) =>
        `\uFEFF${text.replaceAll(/^ {2}/gm, '\t').replaceAll("'", '"').replaceAll(/;$/gm, '').replaceAll('\n', '\r\n')}`,
    );
    expect(after.startsWith('\uFEFFimport')).toBe(true);
    expect(after.replaceAll('\r\n', '')).not.toContain('\n');
    expect(after).toContain(
      '\ttry {\r\n\t\tawait app.close()\r\n\t} catch (error) {\r\n\t\tlog.error({ err: error }, "app.close() failed")\r\n\t}\r\n',
    );
  });

  it('is not made where the catch around does more than log', async () => {
    const after = await fixService((text) =>
      text.replace(
        /await app\.close\(\);\n.*\n/,
        'try { \n    await app.close();\n    await other.close();\n  } catch (error) {\n    log.error({ err: error }, "x");\n    process.exitCode = 1;\n  }\n',
      ),
    );
    expect(after).toBe('');
  });
});
