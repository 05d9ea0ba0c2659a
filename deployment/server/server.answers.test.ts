/** What the small programs on a server say: well, not well, and "cannot be told", which is never well. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeBadService } from '../bad-service.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'shakedown-server-'));
  writeFileSync(path.join(folder, 'routes.txt'), 'GET /api/a\n* /api/admin/*\n');
  writeFileSync(path.join(folder, 'none.txt'), '\n');
  writeFileSync(
    path.join(folder, 'patterns.json'),
    JSON.stringify([{ id: 'unclosed', pattern: 'Unclosed', meaning: 'left open' }]),
  );
  writeFileSync(path.join(folder, 'no-patterns.json'), '[]');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, args: readonly string[], input: string): { code: number | null; said: string } {
  const ran = spawnSync(process.execPath, [path.join(import.meta.dirname, program), ...args], {
    input,
    encoding: 'utf8',
  });
  return { code: ran.status, said: ran.stdout + ran.stderr };
}

describe('required-routes', () => {
  const document = (...routes: [string, string][]): string =>
    JSON.stringify({
      paths: Object.fromEntries(routes.map(([method, route]) => [route, { [method]: {} }])),
    });
  const ask = (input: string, routes = 'routes.txt') =>
    run('required-routes.ts', [path.join(folder, routes)], input);

  it('is well when each is there', () => {
    expect(ask(document(['get', '/api/a'], ['post', '/api/admin/users']))).toMatchObject({ code: 0 });
  });

  it('names what is missing, also when only the method is another', () => {
    const { code, said } = ask(document(['post', '/api/a']));
    expect(code).toBe(1);
    expect(said).toContain('lacks GET /api/a, * /api/admin/*');
  });

  it.each([
    ['no document', 'no JSON', 'routes.txt'],
    ['a document without routes', '{"paths":{}}', 'routes.txt'],
    ['no route that is required', '{"paths":{"/api/a":{"get":{}}}}', 'none.txt'],
    ['no file of routes', '{"paths":{"/api/a":{"get":{}}}}', 'nowhere.txt'],
  ])('cannot tell: %s', (_why, input, routes) => {
    expect(ask(input, routes).code).toBe(3);
  });
});

describe('read-journal', () => {
  const line = (message: unknown, more: object = {}): string =>
    JSON.stringify({ MESSAGE: message, _SYSTEMD_INVOCATION_ID: 'now', ...more });
  const first = line('{"level":30,"msg":"starting"}');
  const dropped = { MESSAGE_ID: 'a596d6fe7bfa4994828e72309e95d61e', _SYSTEMD_INVOCATION_ID: 'journald' };
  const ask = (lines: readonly string[], patterns = 'patterns.json') =>
    run('read-journal.ts', [path.join(folder, patterns), 'now', 'x.service'], lines.join('\n'));

  it('is well when the run is there from its first line on and nothing in it is bad', () => {
    expect(ask([first, line('{"level":30,"msg":"ready"}')])).toMatchObject({ code: 0 });
  });

  it.each([
    ['a line of the catalogue', line('Unclosed connection')],
    ['one in bytes that are no text', line([...Buffer.from('\u0007 Unclosed')])],
    ['one in the middle of a message', line('all\nUnclosed\nwell')],
    ['an error that the service logged', line('{"level":50,"msg":"no"}')],
    ['what systemd says of it', line('Unclosed', { _SYSTEMD_INVOCATION_ID: 'init', INVOCATION_ID: 'now' })],
  ])('is not well: %s', (_why, bad) => {
    expect(ask([first, bad]).code).toBe(1);
  });

  it.each([
    ['no line at all', []],
    ['only lines of another run', [line('{"msg":"starting"}', { _SYSTEMD_INVOCATION_ID: 'before' })]],
    ['the beginning is gone', [line('{"level":30,"msg":"ready"}')]],
    ['lines were dropped', [first, line('Suppressed 9 messages from x.service', dropped)]],
    ['a line is too long', [first, line(null)]],
    ['no JSON', [first, 'torn']],
  ])('cannot tell: %s', (_why, lines) => {
    expect(ask(lines).code).toBe(3);
  });

  it('cannot tell without patterns, and is not kept from it by what another unit lost', () => {
    expect(ask([first], 'no-patterns.json').code).toBe(3);
    expect(ask([first], 'nowhere.json').code).toBe(3);
    expect(ask([first, line('Suppressed 9 messages from y.service', dropped)]).code).toBe(0);
  });
});

describe('check-code', () => {
  const service = path.resolve(import.meta.dirname, '../../service');
  it('is well with the service as it is', () => {
    expect(run('check-code.ts', [path.join(service, 'src')], '')).toMatchObject({ code: 0 });
  });

  it('names the module that does not load, and says nothing good of a folder without a program', () => {
    // Inside the checkout, or its packages would not be found.
    const bad = path.join(service, '../node_modules/.does-not-load');
    try {
      makeBadService('does-not-load', bad);
      const { code, said } = run('check-code.ts', [path.join(bad, 'src')], '');
      expect(code).toBe(1);
      expect(said).toContain('does not load: routes/bots.ts');
    } finally {
      rmSync(bad, { recursive: true, force: true });
    }
    expect(run('check-code.ts', [folder], '').code).toBe(1);
  });
});
