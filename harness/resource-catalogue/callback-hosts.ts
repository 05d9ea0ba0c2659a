/**
 * What becomes of the promise that a callback gives: who ignores it, so that a rejection is nobody's and ends the process,
 * and who handles it. Measured with callbacks that reject, on the versions that the test of the catalogue installs.
 */

/** As `module path`, with the words of a message. */
export const DROPPING_HOSTS: Readonly<Record<string, string>> = {
  'global setInterval': 'setInterval',
  'global setTimeout': 'setTimeout',
  'global setImmediate': 'setImmediate',
  'global queueMicrotask': 'queueMicrotask',
  'global process.nextTick': 'process.nextTick',
  croner: 'croner',
  'croner Cron': 'croner',
  'node-schedule scheduleJob': 'node-schedule',
  'toad-scheduler Task': 'toad-scheduler',
  'node:http createServer': 'the http server',
  'node:https createServer': 'the https server',
  'node:http2 createServer': 'the http2 server',
  'node:http2 createSecureServer': 'the http2 server',
  'node:net createServer': 'the tcp server',
  'node:tls createServer': 'the tls server',
};

/** Options with which a host handles it after all. */
export const HANDLING_OPTIONS: Readonly<Record<string, string>> = { croner: 'catch', 'croner Cron': 'catch' };

export const HANDLING_HOSTS: readonly string[] = [
  'node-cron schedule',
  'node-cron createTask',
  'cron CronJob',
  'cron CronJob.from',
  'toad-scheduler AsyncTask',
  'bullmq Worker',
];

/** What gives a response whose body has to be read. */
export const RESPONSE_GIVERS: readonly string[] = ['undici request', 'undici fetch', 'global fetch'];

/** Methods of resources that ignore it, by the package: those of emitters are ignored by all. */
export const DROPPING_METHODS: Readonly<Record<string, readonly string[]>> = {
  amqplib: ['consume'],
  redis: ['subscribe', 'pSubscribe', 'sSubscribe'],
};
