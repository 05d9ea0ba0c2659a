/** The catalogue's rows are consistent: what they name can be matched, and no two rows claim one opening. */
import { describe, expect, it } from 'vitest';
import { RESOURCE_CATALOGUE, SHUTDOWN_HELPERS } from './resource-catalogue.ts';
import { OPENING_PATTERN, RESOURCE_KINDS } from './resource-catalogue/row.ts';

describe('resource catalogue', () => {
  it('names openings and releases in the form that is matched', () => {
    for (const row of RESOURCE_CATALOGUE) {
      const named = [
        ...row.opens,
        ...(row.closedBy ?? []),
        ...(row.closesAll ?? []),
        ...(row.registry ?? []),
        ...(row.keptBy ?? []),
        ...(row.givenBackBy ?? []),
        ...(row.onlyHolding ?? []),
      ];
      for (const each of named) expect(each, row.noun).toMatch(OPENING_PATTERN);
      expect(row.opens.length, row.noun).toBeGreaterThan(0);
      expect(row.closes.length, row.noun).toBeGreaterThan(0);
      expect(row.hint.length, row.noun).toBeGreaterThan(10);
    }
    for (const each of SHUTDOWN_HELPERS) expect(each).toMatch(OPENING_PATTERN);
  });

  it('has one row for each opening, and a row for each kind', () => {
    const opens = RESOURCE_CATALOGUE.flatMap((row) => row.opens);
    expect(opens.filter((each, index) => opens.indexOf(each) !== index)).toEqual([]);
    expect(RESOURCE_KINDS.filter((kind) => !RESOURCE_CATALOGUE.some((row) => row.kind === kind))).toEqual([]);
  });

  it('says nothing of a method that the row does not have', () => {
    for (const row of RESOURCE_CATALOGUE) {
      for (const each of row.startPromises ?? [])
        expect([...(row.startedBy ?? []), 'ready', 'init'], row.noun).toContain(each);
      for (const each of row.closesSync ?? []) expect(row.closes, row.noun).toContain(each);
      for (const each of row.closesByPromise ?? []) expect(row.closes, row.noun).toContain(each);
      for (const each of row.emitsError ?? []) expect(row.opens, row.noun).toContain(each);
    }
  });

  it('gives back what it keeps, and limits every star that does not stand for all names', () => {
    for (const row of RESOURCE_CATALOGUE) {
      if (row.keptBy) expect(row.givenBackBy?.length, row.noun).toBeGreaterThan(0);
      if (row.starNames)
        expect(
          row.opens.some((each) => each.includes('*')),
          row.noun,
        ).toBe(true);
    }
    const exchange = RESOURCE_CATALOGUE.find((row) => row.kind === 'exchange');
    for (const each of ['luno', 'binance', 'kucoin', 'okx', 'Exchange'])
      expect(each).toMatch(exchange?.starNames ?? /$^/);
    for (const each of ['NetworkError', 'Precise', 'DDoSProtection'])
      expect(each).not.toMatch(exchange?.starNames ?? /./);
  });

  it('knows the families that a service is made of', () => {
    const opens = new Set(RESOURCE_CATALOGUE.flatMap((row) => row.opens));
    for (const each of [
      'node:http createServer',
      'fastify',
      'global setInterval',
      'node-cron schedule',
      'node:sqlite DatabaseSync',
      'better-sqlite3',
      'pg Pool',
      'ccxt *',
    ])
      expect(opens).toContain(each);
  });
});
