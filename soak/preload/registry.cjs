// What the process has opened, with the stack that opened it: constructors and openings of the platform are wrapped,
// so that everything built on them is seen. Loaded by probe.cjs. Plain JavaScript for old Nodes.
'use strict';
const { take } = require('./frames.cjs');

/** A one-shot timer that is due sooner ends by itself: it is not followed, as it would cost a stack per request. */
const LONG_TIMER_MS = 60000;
const LIMIT = 30;

const things = new Set();
let sweepAt = 512;

/** A thing: `opens` in the words of the resource catalogue; `isOpen`, `holds` and `detail` are asked when it is looked at. */
function track(opens, thing) {
  thing.opens = opens;
  thing.stack = take(LIMIT);
  things.add(thing);
  if (things.size > sweepAt) {
    sweep();
    sweepAt = Math.max(512, things.size * 2);
  }
}

function sweep() {
  for (const thing of things) if (!thing.isOpen()) things.delete(thing);
}

/** Puts `make(original)` in the place of a property of each owner, with everything that hangs on the original. */
function wrap(owners, name, make) {
  const all = Array.isArray(owners) ? owners : [owners];
  const original = all[0][name];
  if (typeof original !== 'function') return;
  const made = make(original);
  for (const key of Reflect.ownKeys(original)) {
    const own = Object.getOwnPropertyDescriptor(made, key);
    if (own === undefined || own.configurable)
      Object.defineProperty(made, key, Object.getOwnPropertyDescriptor(original, key));
  }
  for (const owner of all) if (owner[name] === original) put(owner, name, made);
}

function put(owner, name, value) {
  const found = Object.getOwnPropertyDescriptor(owner, name);
  const enumerable = found === undefined || found.enumerable === true;
  Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable });
}

/** A class whose instances are told to `made`. */
function wrapClass(owners, name, made) {
  const Original = owners[0][name];
  if (typeof Original !== 'function') return;
  const proxy = new Proxy(Original, {
    construct(target, args, newTarget) {
      const instance = Reflect.construct(target, args, newTarget === proxy ? target : newTarget);
      made(instance, args);
      return instance;
    },
  });
  for (const owner of owners) if (owner[name] === Original) put(owner, name, proxy);
}

const asks = (object, method, otherwise) => {
  if (object === null || object === undefined) return false;
  return typeof object[method] === 'function' ? Boolean(object[method]()) : otherwise;
};
const handleHolds = (object) => asks(object._handle, 'hasRef', true);

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

function watchNetwork() {
  const net = require('net');
  wrap(
    net.Server.prototype,
    'listen',
    (original) =>
      function listen() {
        const server = original.apply(this, arguments);
        track(() => serverOpens(this), {
          // Listening is told late; until then it holds a handle.
          isOpen: () => this.listening === true || Boolean(this._handle),
          holds: () => this._handle === null || this._handle === undefined || handleHolds(this),
          detail: () => addressOf(this),
        });
        return server;
      },
  );
  wrap(
    net.Socket.prototype,
    'connect',
    (original) =>
      function connect() {
        const socket = original.apply(this, arguments);
        track('node:net connect', {
          isOpen: () => this.destroyed !== true,
          holds: () => handleHolds(this),
          detail: () =>
            this.remoteAddress === undefined ? '' : `to ${this.remoteAddress}:${this.remotePort}`,
          port: () => this.remotePort,
        });
        return socket;
      },
  );
  watchUdp(require('dgram'));
}

function watchUdp(dgram) {
  const { Socket } = dgram;
  const idle = new WeakSet();
  const closed = new WeakSet();
  wrap(
    Socket.prototype,
    'unref',
    (original) =>
      function unref() {
        idle.add(this);
        return original.apply(this, arguments);
      },
  );
  wrap(
    Socket.prototype,
    'ref',
    (original) =>
      function ref() {
        idle.delete(this);
        return original.apply(this, arguments);
      },
  );
  wrap(
    Socket.prototype,
    'close',
    (original) =>
      function close() {
        const answer = original.apply(this, arguments);
        closed.add(this);
        return answer;
      },
  );
  for (const name of ['bind', 'connect', 'send']) {
    const begun = new WeakSet();
    wrap(Socket.prototype, name, (original) => {
      const wrapped = function () {
        if (!begun.has(this) && this.__shakedownSeen !== true) {
          begun.add(this);
          Object.defineProperty(this, '__shakedownSeen', { value: true });
          track('node:dgram createSocket', {
            isOpen: () => !closed.has(this),
            holds: () => !idle.has(this),
            detail: () => '',
          });
        }
        return original.apply(this, arguments);
      };
      return wrapped;
    });
  }
}

/** Told by what it inherits from; the modules are loaded only where there is such a server. */
function serverOpens(server) {
  const isOf = (name) =>
    process.moduleLoadList.includes(`NativeModule ${name}`) && server instanceof require(name).Server;
  if (/^Http2(Secure)?Server$/.test(server.constructor.name)) return 'node:http2 createServer';
  if (isOf('http')) return 'node:http createServer';
  if (isOf('https')) return 'node:https createServer';
  if (isOf('tls')) return 'node:tls createServer';
  return 'node:net createServer';
}

function addressOf(server) {
  const address = server.address();
  if (address === null) return 'not yet listening';
  return typeof address === 'string' ? address : `port ${address.port}`;
}

function watchFiles(fds) {
  const fs = require('fs');
  wrap(
    fs,
    'watch',
    (original) =>
      function watch(path) {
        const watcher = original.apply(this, arguments);
        track('node:fs watch', {
          isOpen: () => Boolean(watcher._handle),
          holds: () => handleHolds(watcher),
          detail: () => String(path),
        });
        return watcher;
      },
  );
  wrap(
    fs,
    'watchFile',
    (original) =>
      function watchFile(path) {
        const watcher = original.apply(this, arguments);
        track('node:fs watchFile', {
          isOpen: () => Boolean(watcher._handle),
          holds: () => handleHolds(watcher),
          detail: () => String(path),
        });
        return watcher;
      },
  );
  wrap(
    fs,
    'openSync',
    (original) =>
      function openSync() {
        const fd = original.apply(this, arguments);
        fds.set(fd, take(LIMIT));
        return fd;
      },
  );
  wrap(
    fs,
    'open',
    (original) =>
      function open() {
        const args = Array.from(arguments);
        const done = args[args.length - 1];
        if (typeof done !== 'function') return original.apply(this, args);
        const stack = take(LIMIT);
        args[args.length - 1] = function (error, fd) {
          if (!error) fds.set(fd, stack);
          return done.apply(this, arguments);
        };
        return original.apply(this, args);
      },
  );
  wrap(
    fs.promises,
    'open',
    (original) =>
      function open() {
        const stack = take(LIMIT);
        return original.apply(this, arguments).then((handle) => {
          fds.set(handle.fd, stack);
          return handle;
        });
      },
  );
}

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
    wrap(
      threads.Worker.prototype,
      'unref',
      (original) =>
        function unref() {
          idle.add(this);
          return original.apply(this, arguments);
        },
    );
    wrap(
      threads.Worker.prototype,
      'ref',
      (original) =>
        function ref() {
          idle.delete(this);
          return original.apply(this, arguments);
        },
    );
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
  const noting = (set, add) => (original) =>
    function () {
      if (add) set.add(this);
      else set.delete(this);
      return original.apply(this, arguments);
    };
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

/** @param followAll also short one-shot timers: for lives without load. */
exports.watch = function watch(followAll) {
  const fds = new Map();
  const problems = [];
  for (const each of [() => watchTimers(followAll), watchNetwork, () => watchFiles(fds), watchProcesses]) {
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
