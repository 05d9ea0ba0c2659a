// Every asynchronous resource with the stack that made it, by async_hooks: dear (half as much again for each request), so
// only for lives without load. Loaded by probe.cjs. Plain JavaScript for old Nodes.
'use strict';
const { take } = require('./frames.cjs');

/** What async_hooks calls it, and how the resource catalogue says that it is opened. */
const OPENS = {
  TCPSERVERWRAP: 'node:net createServer',
  PIPESERVERWRAP: 'node:net createServer',
  TCPWRAP: 'node:net connect',
  PIPEWRAP: 'node:net connect',
  UDPWRAP: 'node:dgram createSocket',
  FSEVENTWRAP: 'node:fs watch',
  STATWATCHER: 'node:fs watchFile',
  PROCESSWRAP: 'node:child_process spawn',
  WORKER: 'node:worker_threads Worker',
  MESSAGEPORT: 'global MessageChannel',
  Timeout: 'global setTimeout',
};
const LIMIT = 30;

exports.watch = function watch() {
  const alive = new Map();
  const hook = require('async_hooks').createHook({
    init(asyncId, type, _trigger, resource) {
      if (OPENS[type] === undefined) return;
      alive.set(asyncId, { type, opens: OPENS[type], resource: new WeakRef(resource), stack: take(LIMIT) });
    },
    destroy(asyncId) {
      alive.delete(asyncId);
    },
  });
  hook.enable();
  return {
    alive,
    OPENS,
    /** Before the look, so that what the look itself makes is not seen. */
    stop: () => hook.disable(),
    start: () => hook.enable(),
  };
};
