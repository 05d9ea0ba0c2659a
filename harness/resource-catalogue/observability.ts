/** Telemetry, logging, feature flags and watchers besides the most common ones. See the row type for the words. */
import { atOnce, byCallback, byPromise } from './compact.ts';
import type { ResourceRow } from './row.ts';

const LAST = { keepsProcessAlive: false, waitsWithoutLimit: false } as const;
const GIVES_PROMISE = { opensPromise: true } as const;

export const OBSERVABILITY_ROWS: readonly ResourceRow[] = [
  byPromise(
    'telemetry',
    'OpenTelemetry provider',
    [
      '@opentelemetry/sdk-trace-node NodeTracerProvider',
      '@opentelemetry/sdk-trace-base BasicTracerProvider',
      '@opentelemetry/sdk-metrics MeterProvider',
      '@opentelemetry/sdk-logs LoggerProvider',
    ],
    ['shutdown'],
    { ...LAST, hint: 'await provider.shutdown() last: it exports what is still buffered' },
  ),
  byPromise('telemetry', 'Sentry', ['@sentry/node init'], ['close'], {
    ...LAST,
    flushedAtNaturalExit: true,
    closesAll: ['@sentry/node close', '@sentry/node flush'],
    noHandle: true,
    hint: 'await Sentry.close(2000) before process.exit: it sends the last events',
  }),
  byPromise('telemetry', 'analytics client', ['posthog-node PostHog'], ['shutdown', '_shutdown', 'flush'], {
    ...LAST,
    hint: 'await client.shutdown(): it sends the events that are still queued',
  }),
  byPromise(
    'telemetry',
    'analytics client',
    ['@segment/analytics-node Analytics'],
    ['closeAndFlush', 'flush'],
    {
      ...LAST,
      hint: 'await analytics.closeAndFlush(): it sends the events that are still queued',
    },
  ),
  byCallback('telemetry', 'statsd client', ['hot-shots', 'hot-shots StatsD'], ['close'], LAST),
  atOnce('telemetry', 'statsd client', ['node-statsd', 'node-statsd StatsD'], ['close']),
  atOnce('telemetry', 'feature flags', ['@launchdarkly/node-server-sdk init'], ['close']),
  atOnce('telemetry', 'feature flags', ['unleash-client initialize', 'unleash-client Unleash'], ['destroy'], {
    closesAll: ['unleash-client destroy'],
    noHandle: true,
  }),
  atOnce('logger', 'log4js', ['log4js configure'], ['shutdown'], {
    ...LAST,
    flushedAtNaturalExit: true,
    closesAll: ['log4js shutdown'],
    noHandle: true,
    hint: 'call log4js.shutdown(callback) and wait for it before process.exit',
  }),
  byCallback('logger', 'rotating log file', ['rotating-file-stream createStream'], ['end'], {
    ...LAST,
    flushedAtNaturalExit: true,
  }),
  byPromise('logger', 'log shipper', ['@logtail/node Logtail'], ['flush'], LAST),
  atOnce('watcher', 'file watcher', ['watchpack'], ['close'], { startedBy: ['watch'] }),
  atOnce('watcher', 'file watcher', ['node-watch', 'sane'], ['close']),
  byPromise('watcher', 'file watcher', ['@parcel/watcher subscribe'], ['unsubscribe'], GIVES_PROMISE),
  byPromise('thread', 'worker pool', ['tinypool', 'tinypool Tinypool'], ['destroy'], {
    ...LAST,
    endsWithProcess: true,
  }),
  byPromise('thread', 'worker pool', ['workerpool pool'], ['terminate']),
  byPromise(
    'thread',
    'worker pool',
    ['poolifier FixedThreadPool', 'poolifier DynamicThreadPool'],
    ['destroy'],
  ),
  byPromise('thread', 'worker pool', ['threads Pool'], ['terminate']),
  byPromise('thread', 'worker pool', ['jest-worker Worker'], ['end']),
  byCallback('thread', 'worker stream', ['thread-stream'], ['end'], LAST),
];
