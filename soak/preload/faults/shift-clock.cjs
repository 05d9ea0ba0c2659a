// Loaded into the service by the scenario clock-jump: the wall clock jumps by SHAKEDOWN_CLOCK_BY_MS at SIGWINCH, and again
// in the same direction as soon as the service has heard its stop signal, SHAKEDOWN_CLOCK_STOP_SIGNAL. Two signals from
// outside may be heard in either order. Plain JavaScript that old Nodes understand; nothing else of the process is touched.
'use strict';
const { appendFileSync } = require('node:fs');

const RealDate = Date;
const realNow = Date.now;
const byMs = Number(process.env.SHAKEDOWN_CLOCK_BY_MS);
const stopSignal = process.env.SHAKEDOWN_CLOCK_STOP_SIGNAL;
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

function jump() {
  const before = Date.now();
  shiftMs += byMs;
  if (globalThis.Date !== ShiftedDate) globalThis.Date = ShiftedDate;
  const text = `Date.now() went from ${new RealDate(before).toISOString()} to ${new RealDate(Date.now()).toISOString()}\n`;
  appendFileSync(seenFile, text);
}

// Before the first listener of any signal, which binds it; without a listener Node calls it for no signal.
const { emit } = process;
process.emit = function (name, ...words) {
  const wasHeard = Reflect.apply(emit, this, [name, ...words]);
  if (name === stopSignal) jump();
  return wasHeard;
};
process.on('SIGWINCH', jump);
