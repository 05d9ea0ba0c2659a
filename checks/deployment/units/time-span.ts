/** systemd's time spans: `90`, `1min 30s`, `2.5h`, `infinity`. Pure. */

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** As systemd.time(7) lists them, in milliseconds. `M` is a month, `m` a minute. */
const UNITS: Readonly<Record<string, number>> = {
  usec: 0.001,
  us: 0.001,
  µs: 0.001,
  μs: 0.001,
  msec: 1,
  ms: 1,
  seconds: SECOND,
  second: SECOND,
  sec: SECOND,
  s: SECOND,
  minutes: MINUTE,
  minute: MINUTE,
  min: MINUTE,
  m: MINUTE,
  hours: HOUR,
  hour: HOUR,
  hr: HOUR,
  h: HOUR,
  days: DAY,
  day: DAY,
  d: DAY,
  weeks: 7 * DAY,
  week: 7 * DAY,
  w: 7 * DAY,
  months: 30.44 * DAY,
  month: 30.44 * DAY,
  M: 30.44 * DAY,
  years: 365.25 * DAY,
  year: 365.25 * DAY,
  y: 365.25 * DAY,
};

/** Milliseconds, `Infinity`, or undefined when it is no time span; a number without a unit counts seconds. */
export function parseTimeSpan(text: string): number | undefined {
  const trimmed = text.trim();
  if (trimmed === 'infinity') return Infinity;
  const part = /\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-zA-Zµμ]*)/y;
  let sum = 0;
  while (part.lastIndex < trimmed.length) {
    const match = part.exec(trimmed);
    if (match === null) return undefined;
    const unit = match[2] === '' ? SECOND : UNITS[match[2] ?? ''];
    if (unit === undefined) return undefined;
    sum += Number(match[1]) * unit;
  }
  return trimmed === '' ? undefined : sum;
}

/** Of a setting of which 0 says, for historical reasons, that there is no limit. */
export function parseTimeout(text: string): number | undefined {
  const span = parseTimeSpan(text);
  return span === 0 ? Infinity : span;
}
