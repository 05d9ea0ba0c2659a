// Loaded into the service by the scenario clock-jump: at SIGWINCH the wall clock jumps by SHAKEDOWN_CLOCK_BY_MS, at each
// one again in the same direction. Plain JavaScript that old Nodes understand; nothing else of the process is touched.
'use strict';
const { writeFileSync } = require('node:fs');

const RealDate = Date;
const realNow = Date.now;
const byMs = Number(process.env.SHAKEDOWN_CLOCK_BY_MS);
const seenFile = process.env.SHAKEDOWN_CLOCK_SEEN;
let shiftMs = 0;

class ShiftedDate extends RealDate {
  constructor(...words) {
    if (words.length === 0) super(realNow() + shiftMs);
    else super(...words);
  }
  static now() {
    return realNow() + shiftMs;
  }
}

process.on('SIGWINCH', () => {
  const before = Date.now();
  shiftMs += byMs;
  if (globalThis.Date !== ShiftedDate) globalThis.Date = ShiftedDate;
  const text = `Date.now() went from ${new RealDate(before).toISOString()} to ${new RealDate(Date.now()).toISOString()}\n`;
  writeFileSync(seenFile, text);
});
