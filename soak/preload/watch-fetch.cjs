// Requests by fetch that are under way: without a deadline one of them holds a stop as long as the other side likes.
'use strict';
const { track, wrap } = require('./tracking.cjs');

function watchFetch() {
  const { inspect } = require('util');
  // Only its text tells whether a stream has ended.
  const isReadable = (stream) => /state: 'readable'/.test(inspect(stream, { depth: 2 }));
  wrap([globalThis], 'fetch', (original) => {
    const wrapped = function () {
      const asked = original.apply(this, arguments);
      let isPending = true;
      let body;
      track('global fetch', {
        isOpen: () => {
          const stream = body === undefined ? undefined : body.deref();
          return isPending || (stream !== undefined && isReadable(stream));
        },
        holds: () => true,
        detail: () => (isPending ? 'waits for its answer' : 'the answer is not read to its end'),
      });
      // The caller's is the promise that follows: a rejection that nobody handles stays one.
      return asked.then(
        (answer) => {
          isPending = false;
          if (answer.body) body = new WeakRef(answer.body);
          return answer;
        },
        (error) => {
          isPending = false;
          throw error;
        },
      );
    };
    return wrapped;
  });
}

module.exports = { watchFetch };
