// Child processes, threads, and the ports between them.
'use strict';
const { asks, handleHolds, noting, track, wrap, wrapClass } = require('./tracking.cjs');

function watchProcesses() {
  const { ChildProcess } = require('child_process');
  wrap(
    ChildProcess.prototype,
    'spawn',
    (original) =>
      function spawn() {
        const answer = original.apply(this, arguments);
        track('node:child_process spawn', {
          isOpen: () => this.exitCode === null && this.signalCode === null && this.pid !== undefined,
          holds: () => handleHolds(this),
          detail: () => `pid ${this.pid}`,
        });
        return answer;
      },
  );
  const threads = require('worker_threads');
  const idle = new WeakSet();
  if (threads.Worker !== undefined) {
    wrap(threads.Worker.prototype, 'unref', noting(idle, true));
    wrap(threads.Worker.prototype, 'ref', noting(idle, false));
    wrapClass([threads], 'Worker', (worker, args) => {
      track('node:worker_threads Worker', {
        isOpen: () => worker.threadId !== -1,
        holds: () => !idle.has(worker),
        detail: () => String(args[0]).slice(0, 120),
      });
    });
  }
  watchPorts(threads);
}

function watchPorts(threads) {
  const owners = [threads, globalThis];
  const closed = new WeakSet();
  wrapClass(owners, 'MessageChannel', (channel) => {
    const ports = [channel.port1, channel.port2];
    // With the one, the other ends.
    for (const port of ports) port.once('close', () => closed.add(channel));
    track('global MessageChannel', {
      isOpen: () => !closed.has(channel),
      holds: () => ports.some((port) => asks(port, 'hasRef', false)),
      detail: () => '',
    });
  });
  const { BroadcastChannel } = threads;
  if (BroadcastChannel === undefined) return;
  const idle = new WeakSet();
  wrap(BroadcastChannel.prototype, 'close', noting(closed, true));
  wrap(BroadcastChannel.prototype, 'unref', noting(idle, true));
  wrap(BroadcastChannel.prototype, 'ref', noting(idle, false));
  wrapClass(owners, 'BroadcastChannel', (channel, args) => {
    track('global BroadcastChannel', {
      isOpen: () => !closed.has(channel),
      holds: () => !idle.has(channel),
      detail: () => String(args[0]),
    });
  });
}

module.exports = { watchProcesses };
