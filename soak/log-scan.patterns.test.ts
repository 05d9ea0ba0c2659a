/** The catalogue finds what it says, allowances and users' patterns work, and the counts are right. */
import { describe, expect, it } from 'vitest';
import { configSchema } from '../harness/config.ts';
import { UsageError } from '../harness/errors.ts';
import { LOG_CATALOGUE } from '../harness/log-catalogue.ts';
import { scanLog } from './log-scan.ts';
import { createPlant } from './planted-line.ts';

const NONE = configSchema.parse({}).logs;

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const scan = (text: string, logs = NONE, size = 7) => scanLog('service.log', inPieces(text, size), logs);

describe('log catalogue', () => {
  it.each(LOG_CATALOGUE.map((entry) => [entry.id, entry.example]))(
    '%s finds its example',
    async (id, example) => {
      const { counts, matches } = await scan(`all well\n${example}\n`);
      expect(Object.values(counts)).toEqual([1]);
      expect(matches[0]).toMatchObject({ line: 2, text: example });
      const own = LOG_CATALOGUE.find((entry) => entry.id === id);
      expect(new RegExp(own?.pattern ?? '(?!)').test(example)).toBe(true);
    },
  );

  it('finds nothing in what a healthy service writes', async () => {
    const healthy = [
      '{"level":30,"time":1700000000000,"pid":1,"msg":"Server listening at http://127.0.0.1:3000"}',
      'SIGTERM received, shutting down',
      'closed 3 connections',
      'stopped',
      'shutdown complete',
      'unclosed: 0 orders',
    ];
    expect((await scan(`${healthy.join('\n')}\n`)).counts).toEqual({});
  });

  it('has each id once', () => {
    expect(new Set(LOG_CATALOGUE.map(({ id }) => id)).size).toBe(LOG_CATALOGUE.length);
  });
});

describe('log scan', () => {
  it('finds every planted line of a whole catalogue, glued to the service’s own or not', async () => {
    const plants = LOG_CATALOGUE.map((_entry, index) => createPlant(index + 1));
    const found = await scan(
      plants.map(({ line }, index) => (index % 2 ? `own ${line} text` : line)).join('\n') + '\n',
    );
    expect(found.planted.map(({ word }) => word)).toEqual(plants.map(({ word }) => word));
    expect(found.counts).toEqual({});
    expect(found.serviceLines).toBe(Math.floor(plants.length / 2));
  });

  it('still sees a forbidden text on the line that a planted one was glued to', async () => {
    const { counts, planted } = await scan(`MaxListenersExceededWarning ${createPlant(1).line}\n`);
    expect(counts).toEqual({ 'listener-leak': 1 });
    expect(planted).toHaveLength(1);
  });

  it('does not count a planted line whose text was changed on the way', async () => {
    const { line } = createPlant(1);
    expect((await scan(`${line.replace('UnhandledPromiseRejectionWarning', '***')}\n`)).planted).toEqual([]);
  });

  it('counts allowances with their reasons, and shows those that matched nothing', async () => {
    const reason = 'known and harmless';
    const logs = {
      ...NONE,
      allow: [
        { pattern: 'DEP0005', reason },
        { pattern: 'DEP0006', reason },
      ],
    };
    const { counts, allowed } = await scan(
      '[DEP0005] DeprecationWarning: x\n[DEP0040] DeprecationWarning: y\n',
      logs,
    );
    expect(counts).toEqual({ deprecation: 1 });
    expect(allowed.map(({ count }) => count)).toEqual([1, 0]);
  });

  it('takes users’ patterns as they are, with groups and references of their own', async () => {
    const logs = { ...NONE, forbid: [{ id: 'twice', pattern: '(\\w+) \\1$', meaning: 'said twice' }] };
    expect((await scan('order order\norder placed\n', logs)).matches).toMatchObject([
      { id: 'twice', line: 1 },
    ]);
  });

  it('says which pattern is no regular expression', async () => {
    const logs = { ...NONE, forbid: [{ id: 'x', pattern: '(', meaning: 'x' }] };
    await expect(scan('x\n', logs)).rejects.toThrow(UsageError);
    await expect(scan('x\n', logs)).rejects.toThrow(/^logs\.forbid\[0\]\.pattern: /);
  });

  it.each([1, 3, 64, 100_000])(
    'counts lines, bytes and positions alike in pieces of %i bytes',
    async (size) => {
      const text = `one\n\nEMFILE é\n${'x'.repeat(500)} EADDRINUSE\ncut`;
      const found = await scan(text, NONE, size);
      expect(found).toMatchObject({
        lines: 5,
        serviceLines: 4,
        bytes: Buffer.byteLength(text),
        truncated: true,
      });
      expect(found.matches.map(({ line }) => line)).toEqual([3, 4]);
      expect(found.matches[1]?.text).toHaveLength(300);
    },
  );
});
