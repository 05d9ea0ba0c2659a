// Watchers of files, and who opened which descriptor.
'use strict';
const { handleHolds, openedHere, track, wrap } = require('./tracking.cjs');

function watchFiles(fds) {
  const fs = require('fs');
  watchWatchers(fs);
  watchDescriptors(fs, fds);
}

function watchWatchers(fs) {
  for (const name of ['watch', 'watchFile'])
    wrap(fs, name, (original) => {
      const wrapped = function (path) {
        const watcher = original.apply(this, arguments);
        track(`node:fs ${name}`, {
          isOpen: () => Boolean(watcher._handle),
          holds: () => handleHolds(watcher),
          detail: () => String(path),
        });
        return watcher;
      };
      return wrapped;
    });
}

function watchDescriptors(fs, fds) {
  wrap(
    fs,
    'openSync',
    (original) =>
      function openSync() {
        const fd = original.apply(this, arguments);
        fds.set(fd, openedHere());
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
        const stack = openedHere();
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
        const stack = openedHere();
        return original.apply(this, arguments).then((handle) => {
          fds.set(handle.fd, stack);
          return handle;
        });
      },
  );
}

module.exports = { watchFiles };
