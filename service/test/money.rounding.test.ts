import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settle } from '../src/trading/ledger.ts';
import {
  amountFromNumber,
  formatAmount,
  MAX_AMOUNT,
  multiplyDown,
  multiplyUp,
  ONE,
  parseAmount,
} from '../src/trading/money.ts';

const anyAmount = fc.bigInt({ min: 0n, max: MAX_AMOUNT });

describe('amounts', () => {
  it('are read from decimal strings and written the shortest way', () => {
    expect(parseAmount('0.00125000')).toBe(125_000n);
    expect(formatAmount(125_000n)).toBe('0.00125');
    expect(formatAmount(-3n * ONE)).toBe('-3');
    expect(formatAmount(0n)).toBe('0');
    expect(formatAmount(-1n)).toBe('-0.00000001');
  });

  it('survive being written and read', () => {
    fc.assert(
      fc.property(anyAmount, (amount) => {
        expect(parseAmount(formatAmount(amount))).toBe(amount);
      }),
    );
  });

  it.each(['', '-1', '1e3', '.5', '1.', '1.123456789', 'NaN', ' 1', '10000000001', '0x1', '1,5'])(
    'refuse %j',
    (text) => expect(parseAmount(text)).toBeUndefined(),
  );

  it('come from numbers rounded to the nearest unit, and from nothing else', () => {
    expect(amountFromNumber(0.1)).toBe(10_000_000n);
    expect(amountFromNumber(1e-8)).toBe(1n);
    expect(amountFromNumber(1_234_567.89)).toBe(123_456_789_000_000n);
    for (const wrong of [NaN, Infinity, -1, 1e21, '1', null, undefined])
      expect(amountFromNumber(wrong)).toBeUndefined();
  });
});

describe('products', () => {
  it('lie around the exact product, one unit apart at most', () => {
    fc.assert(
      fc.property(anyAmount, anyAmount, (a, b) => {
        const [down, up, exact] = [multiplyDown(a, b), multiplyUp(a, b), a * b];
        expect(down * ONE <= exact && exact <= up * ONE && up - down <= 1n).toBe(true);
      }),
    );
  });

  it('never favour the trader: who buys and sells at one price has no more than before', () => {
    const price = fc.bigInt({ min: 1n, max: 10n ** 15n });
    fc.assert(
      fc.property(price, price, fc.bigInt({ min: 0n, max: ONE }), (quantity, at, fee) => {
        const bought = settle('buy', quantity, at, fee).quoteChange;
        const sold = settle('sell', quantity, at, fee).quoteChange;
        expect(bought < 0n && sold >= 0n && bought + sold <= 0n).toBe(true);
      }),
    );
  });
});
