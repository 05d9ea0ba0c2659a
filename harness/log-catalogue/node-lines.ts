/** Lines that Node writes, or that a Node service writes about itself, when something is wrong. Part of `harness/log-catalogue.ts`. */
import type { LogPattern } from './log-pattern.ts';

export const NODE_LINES: readonly LogPattern[] = [
  // Node: errors nobody handled.
  {
    id: 'unhandled-rejection',
    pattern: 'UnhandledPromiseRejection|[Uu]nhandled ?[Rr]ejection|unhandledRejection',
    meaning: 'a promise was rejected and nobody handled it: the process ends, or goes on half alive',
    severity: 'fatal',
    example: '(node:4242) UnhandledPromiseRejectionWarning: Error: no connection',
  },
  {
    id: 'uncaught-exception',
    pattern: '[Uu]ncaught ?[Ee]xception|triggerUncaughtException',
    meaning: 'an error was thrown that nobody caught',
    severity: 'fatal',
    example: '      triggerUncaughtException(err, true /* fromPromise */);',
  },
  {
    id: 'node-crash',
    pattern: '^Node\\.js v\\d+\\.\\d+\\.\\d+\\s*$',
    meaning: 'the last line of a Node process that died of an error; the stack stands above it',
    severity: 'fatal',
    example: 'Node.js v24.1.0',
  },
  {
    id: 'late-rejection-handler',
    pattern: 'PromiseRejectionHandledWarning',
    meaning: 'a rejection was handled only after it had counted as unhandled: a handler is attached too late',
    severity: 'error',
    example:
      '(node:4242) PromiseRejectionHandledWarning: Promise rejection was handled asynchronously (rejection id: 1)',
  },
  {
    id: 'unhandled-error-event',
    pattern: "Unhandled 'error' event|ERR_UNHANDLED_ERROR",
    meaning: 'an emitter reported an error and had no listener for it',
    severity: 'fatal',
    example: "throw er; // Unhandled 'error' event",
  },
  // Node: resources.
  {
    id: 'listener-leak',
    pattern: 'MaxListenersExceededWarning',
    meaning: 'listeners are added and never removed',
    severity: 'error',
    example:
      '(node:4242) MaxListenersExceededWarning: Possible EventEmitter memory leak detected. 11 exit listeners added',
  },
  {
    id: 'descriptor-closed-by-gc',
    pattern: 'Closing file descriptor \\d+ on garbage collection|FileHandle object was closed during garbage',
    meaning: 'a file was opened and never closed; the collector closed it, and future versions will throw',
    severity: 'error',
    example: '(node:4242) Warning: Closing file descriptor 21 on garbage collection',
  },
  {
    id: 'out-of-descriptors',
    pattern: '\\bEMFILE\\b|\\bENFILE\\b|too many open files',
    meaning: 'no descriptor was left',
    severity: 'fatal',
    example: "Error: EMFILE: too many open files, open 'data.json'",
  },
  {
    id: 'out-of-memory',
    pattern: 'heap out of memory|Reached heap limit|ERR_WORKER_OUT_OF_MEMORY|Out of memory: Killed process',
    meaning: 'memory ran out',
    severity: 'fatal',
    example: 'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  },
  {
    id: 'fatal-error',
    pattern: '^FATAL ERROR: |^Fatal process |Segmentation fault|Aborted \\(core dumped\\)|Assertion failed: ',
    meaning: 'the runtime itself gave up',
    severity: 'fatal',
    example: 'FATAL ERROR: v8::ToLocalChecked Empty MaybeLocal',
  },
  {
    id: 'disk-full',
    pattern: '\\bENOSPC\\b|No space left on device',
    meaning: 'a disk, or the number of watches, is exhausted',
    severity: 'fatal',
    example: 'Error: ENOSPC: no space left on device, write',
  },
  // Node: start and stop.
  {
    id: 'port-taken',
    pattern: '\\bEADDRINUSE\\b|address already in use',
    meaning: 'the port was taken: the life before has not let go of it, or another program has it',
    severity: 'fatal',
    example: 'Error: listen EADDRINUSE: address already in use 127.0.0.1:3000',
  },
  {
    id: 'server-not-running',
    pattern: 'ERR_SERVER_NOT_RUNNING|Server is not running',
    meaning: 'a server was closed that was not open: stop ran twice, or before start',
    severity: 'error',
    example: 'Error [ERR_SERVER_NOT_RUNNING]: Server is not running.',
  },
  {
    id: 'shutdown-failed',
    pattern:
      '[Ss]hutdown (?:failed|timed out)|[Ff]ailed to (?:shut ?down|stop|close)|[Gg]raceful shutdown.*(?:failed|timed out)',
    meaning: 'a part of the service could not be stopped',
    severity: 'error',
    example: 'ERROR shutdown failed: feed did not close',
  },
  {
    id: 'forced-exit',
    pattern: '[Ff]orc(?:ed|ing) (?:exit|shutdown)|[Ff]orcefully (?:exit|shut|terminat)',
    meaning: 'the service gave up waiting for its own parts and ended itself by force',
    severity: 'error',
    example: 'forcing exit after 10 s',
  },
  {
    id: 'unsettled-await',
    pattern: 'unsettled top-level await',
    meaning: 'the process ended while it still waited for something that nothing could bring about',
    severity: 'error',
    example: 'Warning: Detected unsettled top-level await at file:///app/main.js:3',
  },
  // Node: use after the end.
  {
    id: 'write-after-end',
    pattern: 'ERR_STREAM_WRITE_AFTER_END|ERR_STREAM_DESTROYED|write after end',
    meaning: 'something was written to a stream that had been closed: parts are stopped in the wrong order',
    severity: 'error',
    example: 'Error [ERR_STREAM_WRITE_AFTER_END]: write after end',
  },
  {
    id: 'answer-sent-twice',
    pattern: 'ERR_HTTP_HEADERS_SENT|Reply was already sent|FST_ERR_REP_ALREADY_SENT',
    meaning: 'a request was answered twice',
    severity: 'error',
    example: 'Error [ERR_HTTP_HEADERS_SENT]: Cannot set headers after they are sent to the client',
  },
  {
    id: 'database-closed',
    pattern:
      'database is not open|[Cc]onnection (?:is|was) already closed|Cannot use a pool after calling end',
    meaning: 'a database was used after it had been closed: parts are stopped in the wrong order',
    severity: 'error',
    example: 'Error: database is not open',
  },
  {
    id: 'database-locked',
    pattern: 'SQLITE_BUSY|database is locked',
    meaning: 'another process or connection holds the database',
    severity: 'error',
    example: 'Error: SQLITE_BUSY: database is locked',
  },
  // Node: warnings.
  {
    id: 'deprecation',
    pattern: 'DeprecationWarning',
    meaning: 'an interface is used that a later Node removes',
    severity: 'warning',
    example: '(node:4242) [DEP0005] DeprecationWarning: Buffer() is deprecated',
  },
  {
    id: 'timer-out-of-range',
    pattern: 'TimeoutOverflowWarning|TimeoutNegativeWarning|TimeoutNaNWarning',
    meaning: 'a timer got a duration it cannot keep and fires at once',
    severity: 'error',
    example: '(node:4242) TimeoutOverflowWarning: 4294967296 does not fit into a 32-bit signed integer.',
  },
];
