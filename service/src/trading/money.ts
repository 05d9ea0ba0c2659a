/**
 * Money, exactly: whole units of 1e-8 as bigints, decimal strings at the edges, never a floating-point sum. Each
 * product says how it rounds, so that no unit appears or disappears unnoticed.
 */

/** An amount, a price or a share in units of 1e-8. */
export type Amount = bigint;

const DECIMALS = 8;
/** One whole, in units. */
export const ONE: Amount = 10n ** BigInt(DECIMALS);
/** The largest amount taken from outside: sums of a few stay far below the 2^63 of the database. */
export const MAX_AMOUNT: Amount = 10n ** 10n * ONE;

const DECIMAL = /^(\d{1,11})(?:\.(\d{1,8}))?$/;

/** The amount that a decimal string such as "0.00125" says; undefined for anything else, and for more than 1e10 or eight decimals. */
export function parseAmount(text: string): Amount | undefined {
  const [, whole, fraction = ''] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const amount = BigInt(whole + fraction.padEnd(DECIMALS, '0'));
  return amount > MAX_AMOUNT ? undefined : amount;
}

/** The amount nearest to a number of an exchange's answer; undefined for what is no positive number within the range. */
export function amountFromNumber(value: unknown): Amount | undefined {
  return typeof value === 'number' && value < 1e10 ? parseAmount(value.toFixed(DECIMALS)) : undefined;
}

/** The shortest decimal string: "0.00125", "-3", "0". */
export function formatAmount(amount: Amount): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(DECIMALS + 1, '0');
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '');
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -DECIMALS)}${fraction && `.${fraction}`}`;
}

/** `a` times `b`, both not negative, rounded to no more than the exact product. */
export function multiplyDown(a: Amount, b: Amount): Amount {
  return (a * b) / ONE;
}

/** `a` times `b`, both not negative, rounded to no less than the exact product. */
export function multiplyUp(a: Amount, b: Amount): Amount {
  return (a * b + ONE - 1n) / ONE;
}
