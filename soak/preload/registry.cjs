// What the process has opened, with the stack that opened it: constructors and openings of the platform are wrapped,
// so that everything built on them is seen. Loaded by probe.cjs. Plain JavaScript for old Nodes.
'use strict';
const { things, sweep } = require('./tracking.cjs');
const { watchFetch } = require('./watch-fetch.cjs');
const { watchFiles } = require('./watch-files.cjs');
const { watchNetwork } = require('./watch-network.cjs');
const { watchProcesses } = require('./watch-processes.cjs');
const { watchTimers } = require('./watch-timers.cjs');

/** @param followAll also short one-shot timers: for lives without load. */
exports.watch = function watch(followAll) {
  const fds = new Map();
  const problems = [];
  for (const each of [
    () => watchTimers(followAll),
    watchNetwork,
    watchFetch,
    () => watchFiles(fds),
    watchProcesses,
  ]) {
    try {
      each();
    } catch (error) {
      problems.push(String(error && error.message));
    }
  }
  const { syncBuiltinESMExports } = require('module');
  if (syncBuiltinESMExports !== undefined) syncBuiltinESMExports();
  return { things, fds, sweep, problems };
};
