import { expect, it } from 'vitest';
import { readPointer } from './json-pointer.ts';

const value = { list: [{ id: 'a' }], 'a/b': { 'm~n': 1 }, '': 2, none: null };

it.each([
  ['', value],
  ['/list/0/id', 'a'],
  ['/a~1b/m~0n', 1],
  ['/', 2],
  ['/list/1/id', undefined],
  ['/none/x', undefined],
  ['/toString', undefined],
  ['/list/0/id/0/x', undefined],
])('%j leads to %j', (pointer, expected) => {
  expect(readPointer(value, pointer)).toEqual(expected);
});
