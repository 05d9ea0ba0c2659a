import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from './errors.ts';
import { loadConfig, validateConfig } from './load-config.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'shakedown-config-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const problemsOf = (value: unknown): string => {
  try {
    validateConfig(value, 'shakedown.config.ts');
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return 'valid';
};

const BUS = {
  kind: 'queue',
  noun: 'bus connection',
  opens: ['acme-bus connect'],
  closes: ['leave'],
  releaseReturns: 'promise',
};

describe('validateConfig', () => {
  it.each([
    [{ servic: {} }, 'unknown key "servic"; did you mean "service"?'],
    [{ soak: { cycels: 3 } }, 'unknown key "soak.cycels"; did you mean "cycles"?'],
    [{ soak: { xyzzy: 3 } }, 'unknown key "soak.xyzzy"; known keys: cycles, load'],
    [{ soak: { cycles: 'ten' } }, '"soak.cycles": expected number, received string'],
    [{ soak: { cycles: 0 } }, '"soak.cycles"'],
    [
      { service: { command: ['node'], readiness: { htp: '/x' } } },
      '"service.readiness.http": expected string, received undefined',
    ],
    [
      { service: { command: ['node'], readiness: { htp: '/x' } } },
      'unknown key "service.readiness.htp"; did you mean "http"?',
    ],
    [
      { resources: [{ ...BUS, closed: ['end'] }] },
      'unknown key "resources.0.closed"; did you mean "closes"?',
    ],
    [
      { resources: [{ ...BUS, kind: 'bus' }] },
      '"resources.0.kind": Invalid option: expected one of "server"|',
    ],
    [
      { resources: [{ ...BUS, opens: ['acme bus connect'] }] },
      '"resources.0.opens.0": a package and what of it',
    ],
    [{ resources: [{ ...BUS, closesSync: ['end'] }] }, '"resources.0.closesSync": "end" is not among closes'],
    [
      { resources: [{ ...BUS, startPromises: ['open'] }] },
      '"resources.0.startPromises": "open" is not among startedBy',
    ],
    [
      { unavailable: { 'soak/log-clean': '' } },
      '"unavailable.soak/log-clean": a reason of at least 10 characters',
    ],
  ])('names the key and what was expected: %j', (value, message) => {
    expect(problemsOf(value)).toContain(message);
  });

  it('fills in the defaults', () => {
    expect(validateConfig({}, 'x').soak.cycles).toBe(10);
    expect(validateConfig({ resources: [BUS] }, 'x').resources).toEqual([
      {
        ...BUS,
        secondRelease: 'safe',
        waitsWithoutLimit: false,
        keepsProcessAlive: true,
        hint: 'await leave()',
      },
    ]);
  });
});

describe('loadConfig', () => {
  it('uses the defaults without a file', async () => {
    expect((await loadConfig(folder)).file).toBeUndefined();
  });

  it('loads TypeScript as it is', async () => {
    writeFileSync(
      join(folder, 'shakedown.config.ts'),
      'const cycles: number = 3;\nexport default { soak: { cycles } };\n',
    );
    const loaded = await loadConfig(folder);
    expect(loaded.config.soak.cycles).toBe(3);
    expect(loaded.projectRoot).toBe(folder);
  });

  it.each([
    ['a missing file', undefined, 'no configuration at'],
    ['a syntax error', 'export default {', 'could not be loaded'],
    ['no default export', 'export const x = 1;', 'has no default export'],
  ])('says what is wrong with %s', async (_name, text, message) => {
    if (text !== undefined) writeFileSync(join(folder, 'my.config.mjs'), text);
    await expect(loadConfig(folder, 'my.config.mjs')).rejects.toThrow(message);
  });
});
