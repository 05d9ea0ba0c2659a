/** Message brokers and job queues besides the most common ones. See the row type for the words. */
import { atOnce, byCallback, byPromise } from './compact.ts';
import type { ResourceRow } from './row.ts';

const CONNECTS = { startedBy: ['connect'], startPromises: ['connect'] } as const;
const STARTS = { startedBy: ['start'], startPromises: ['start'] } as const;

export const BROKER_ROWS: readonly ResourceRow[] = [
  byPromise('queue', 'bree scheduler', ['bree'], ['stop'], STARTS),
  byPromise('queue', 'graphile worker', ['graphile-worker run'], ['stop'], {
    opensPromise: true,
    waitsWithoutLimit: true,
    hint: 'await runner.stop(); it waits for running jobs',
  }),
  byPromise('queue', 'bee-queue queue', ['bee-queue'], ['close']),
  byCallback('queue', 'kue queue', ['kue createQueue'], ['shutdown']),
  byPromise('queue', 'agenda', ['@hokify/agenda Agenda'], ['stop', 'drain', 'close'], STARTS),
  byPromise('queue', 'resque worker', ['node-resque Worker', 'node-resque Scheduler'], ['end'], {
    startedBy: ['connect', 'start'],
    startPromises: ['connect', 'start'],
  }),
  byPromise('queue', 'resque queue', ['node-resque Queue'], ['end'], CONNECTS),
  byPromise('queue', 'amqp connection', ['amqp-connection-manager connect'], ['close']),
  byPromise('queue', 'amqp connection', ['rabbitmq-client Connection'], ['close'], {
    hint: 'await consumer.close() and publisher.close(), then connection.close()',
  }),
  byCallback(
    'queue',
    'kafka client',
    ['node-rdkafka Producer', 'node-rdkafka KafkaConsumer'],
    ['disconnect'],
    {
      startedBy: ['connect'],
    },
  ),
  byPromise(
    'queue',
    'kafka client',
    ['producer', 'consumer', 'admin'].map((each) => `@confluentinc/kafka-javascript KafkaJS.Kafka().${each}`),
    ['disconnect'],
    CONNECTS,
  ),
  byPromise(
    'queue',
    'kafka client',
    ['Producer', 'Consumer', 'Admin'].map((each) => `@platformatic/kafka ${each}`),
    ['close'],
  ),
  byPromise('queue', 'pulsar client', ['pulsar-client Client'], ['close']),
  byPromise(
    'queue',
    'service bus client',
    [
      '@azure/service-bus ServiceBusClient',
      '@azure/event-hubs EventHubConsumerClient',
      '@azure/event-hubs EventHubProducerClient',
      '@azure/event-hubs EventHubBufferedProducerClient',
    ],
    ['close'],
  ),
  byPromise('queue', 'pub/sub subscription', ['@google-cloud/pubsub PubSub().subscription'], ['close'], {
    startedBy: ['on'],
    hint: 'await subscription.close(): messages under way are given back',
  }),
  byPromise('queue', 'stomp client', ['@stomp/stompjs Client'], ['deactivate'], { startedBy: ['activate'] }),
  byPromise(
    'queue',
    'temporal connection',
    ['@temporalio/worker NativeConnection.connect', '@temporalio/client Connection.connect'],
    ['close'],
    { opensPromise: true, hint: 'await connection.close() after the worker has ended' },
  ),
  byPromise('queue', 'mqtt client', ['mqtt connectAsync'], ['endAsync', 'end'], { opensPromise: true }),
  byCallback('queue', 'mqtt broker', ['aedes', 'aedes Aedes'], ['close']),
  byPromise('queue', 'mqtt broker', ['aedes Aedes.createBroker'], ['close'], { opensPromise: true }),
  atOnce(
    'queue',
    'zeromq socket',
    ['Publisher', 'Subscriber', 'Push', 'Pull', 'Request', 'Reply', 'Router', 'Dealer', 'Pair'].map(
      (each) => `zeromq ${each}`,
    ),
    ['close'],
  ),
];
