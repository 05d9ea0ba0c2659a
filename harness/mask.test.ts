import { describe, expect, it } from 'vitest';
import { createMask } from './mask.ts';

describe('mask', () => {
  const mask = createMask({ API_TOKEN: 'tok-12"34', HOME: '/home/someone', PIN: '987654' }, ['PIN']);

  it('replaces the values of variables whose names say so, in every spelling', () => {
    expect(mask.text('sent tok-12"34 and 987654 from /home/someone')).toBe(
      'sent *** and *** from /home/someone',
    );
    expect(mask.text(JSON.stringify({ note: 'tok-12"34' }))).toBe('{"note":"***"}');
    expect(mask.text(`q=${encodeURIComponent('tok-12"34')}`)).toBe('q=***');
  });

  it('leaves short values alone, since they are ordinary words too', () => {
    expect(createMask({ DB_PASSWORD: 'ok' }).text('all ok')).toBe('all ok');
  });

  it.each([
    ['authorization: Bearer abcdefgh', 'authorization: Bearer ***'],
    ['got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln in a log', 'got *** in a log'],
    ['{"password":"hunt\\ner2","user":"ann"}', '{"password":"***","user":"ann"}'],
    ['"body":"{\\"token\\":\\"abc\\"}"', '"body":"{\\"token\\":\\"***\\"}"'],
    ['Set-Cookie: sid=1; HttpOnly', 'Set-Cookie: ***'],
    ['postgres://ann:hunter2@db/x', 'postgres://ann:***@db/x'],
    ['SESSION_SECRET=abc next', 'SESSION_SECRET=*** next'],
  ])('masks the credential in %s', (input, output) => {
    expect(mask.text(input)).toBe(output);
  });

  it('masks whole values under secret names in JSON and keeps the rest', () => {
    expect(mask.json({ headers: { authorization: 'x', accept: 'y' }, list: ['987654', 3, null] })).toEqual({
      headers: { authorization: '***', accept: 'y' },
      list: ['***', 3, null],
    });
  });

  it('learns values that are made while running', () => {
    const learning = createMask({});
    learning.add('random-value');
    expect(learning.text('a random-value b')).toBe('a *** b');
  });
});
