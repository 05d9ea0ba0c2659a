// Timers that do not end by themselves soon.
'use strict';
const { asks, track, wrap } = require('./tracking.cjs');

/** A one-shot timer that is due sooner ends by itself: it is not followed, as it would cost a stack per request. */
const LONG_TIMER_MS = 60000;

function watchTimers(followAll) {
  const owners = [globalThis, require('timers')];
  wrap(
    owners,
    'setInterval',
    (original) =>
      function setInterval() {
        const timer = original.apply(this, arguments);
        if (timer !== null && typeof timer === 'object') followTimer('global setInterval', timer);
        return timer;
      },
  );
  wrap(
    owners,
    'setTimeout',
    (original) =>
      function setTimeout(_callback, delayMs) {
        const timer = original.apply(this, arguments);
        if ((followAll || delayMs >= LONG_TIMER_MS) && timer !== null && typeof timer === 'object')
          followTimer('global setTimeout', timer);
        return timer;
      },
  );
}

function followTimer(opens, timer) {
  track(opens, {
    isOpen: () => timer._destroyed !== true && timer._idleTimeout !== -1,
    holds: () => asks(timer, 'hasRef', true),
    detail: () => `${timer._idleTimeout} ms`,
    dueInMs: timer._idleTimeout,
  });
}

module.exports = { watchTimers };
