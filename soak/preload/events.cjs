// Endings, warnings and rejections of the process. Nothing is listened for that would change what Node does by itself: an
// `unhandledRejection` listener would keep a crash from happening. Loaded by probe.cjs. Plain JavaScript for old Nodes.
'use strict';
const { take, framesOf } = require('./frames.cjs');

exports.watch = function watch(say, look) {
  watchEmitted(say);
  watchEnd(say, look);
};

function watchEmitted(say) {
  const { emit } = process;
  process.emit = function (name, first) {
    if (name === 'warning' && first)
      say({
        said: 'warning',
        name: String(first.name),
        code: first.code,
        message: cut(first.message),
        stack: cut(first.stack),
      });
    else if (name === 'unhandledRejection')
      say({
        said: 'rejection',
        message: cut(first && first.message ? first.message : first),
        stack: cut(first && first.stack),
      });
    else if (name === 'uncaughtExceptionMonitor')
      say({
        said: 'exception',
        message: cut(first && first.message ? first.message : first),
        stack: cut(first && first.stack),
      });
    return emit.apply(this, arguments);
  };
}

/**
 * The moment at which the shutdown says that it is done: when it asks for the exit, or when the loop has run empty. One
 * that does neither is asked from outside. The last look before the end counts.
 */
function watchEnd(say, look) {
  let looked = false;
  const { exit } = process;
  process.exit = function (code) {
    looked = true;
    look('exit-called', { code: code === undefined ? process.exitCode : code, by: framesOf(take(30)) });
    return exit.apply(process, arguments);
  };
  process.on('beforeExit', (code) => {
    looked = true;
    look('loop-empty', { code });
  });
  process.on('exit', (code) => {
    if (!looked) look('exit', { code });
    say({ said: 'exit', code });
  });
}

function cut(text) {
  return text === undefined || text === null ? undefined : String(text).slice(0, 2000);
}
