/** Servers, sockets, bots and protocol clients besides the most common ones. See the row type for the words. */
import { atOnce, byCallback, byPromise } from './compact.ts';
import type { ResourceRow } from './row.ts';

const CONNECTS = { startedBy: ['connect'], startPromises: ['connect'] } as const;
const STARTS = { startedBy: ['start'], startPromises: ['start'] } as const;
const GIVES_PROMISE = { opensPromise: true } as const;
const LISTENS = { startedBy: ['listen'], waitsWithoutLimit: true } as const;

export const NETWORK_ROWS: readonly ResourceRow[] = [
  byPromise('server', 'hapi server', ['@hapi/hapi server', '@hapi/hapi Server'], ['stop'], {
    ...STARTS,
    waitsWithoutLimit: true,
  }),
  byCallback('server', 'restify server', ['restify createServer'], ['close'], LISTENS),
  byCallback('server', 'polka server', ['polka'], ['close'], { ...LISTENS, aliases: ['server'] }),
  atOnce('server', 'uWebSockets server', ['uWebSockets.js App', 'uWebSockets.js SSLApp'], ['close'], {
    startedBy: ['listen'],
    closesAll: ['uWebSockets.js us_listen_socket_close'],
  }),
  byPromise('server', 'elysia server', ['elysia Elysia'], ['stop'], LISTENS),
  byPromise('server', 'Deno server', ['global Deno.serve'], ['shutdown'], { waitsWithoutLimit: true }),
  byPromise('server', 'service broker', ['moleculer ServiceBroker'], ['stop'], STARTS),
  byCallback(
    'server',
    'proxy server',
    ['http-proxy createProxyServer', 'http-proxy createServer'],
    ['close'],
    LISTENS,
  ),
  byCallback('server', 'smtp server', ['smtp-server SMTPServer'], ['close'], LISTENS),
  byCallback('server', 'ssh server', ['ssh2 Server'], ['close'], LISTENS),
  atOnce('server', 'websocket server', ['websocket server'], ['shutDown', 'unmount'], {
    hint: 'call server.shutDown() and close the http server',
  }),
  atOnce('server', 'engine.io server', ['engine.io Server', 'engine.io attach'], ['close']),
  atOnce(
    'socket',
    'websocket',
    [
      'undici WebSocket',
      'isows WebSocket',
      'reconnecting-websocket',
      'partysocket',
      'partysocket WebSocket',
      'faye-websocket Client',
      'websocket w3cwebsocket',
    ],
    ['close'],
    { hint: 'call socket.close(); do not reconnect once shutdown began' },
  ),
  atOnce(
    'socket',
    'event source',
    ['global EventSource', 'undici EventSource', 'eventsource', 'eventsource EventSource'],
    ['close'],
    { hint: 'call source.close(): it connects again for ever' },
  ),
  atOnce('socket', 'socket.io client', ['socket.io-client connect'], ['disconnect', 'close']),
  atOnce('socket', 'pusher client', ['pusher-js'], ['disconnect']),
  atOnce('client', 'gRPC client', ['@grpc/grpc-js Client'], ['close'], {
    keepsProcessAlive: false,
    endsWithProcess: true,
  }),
  atOnce('client', 'mail transport with a pool', ['nodemailer createTransport'], ['close'], {
    onlyWithOption: 'pool',
    hint: 'call transport.close(): pooled connections stay open',
  }),
  atOnce('client', 'ssh connection', ['ssh2 Client'], ['end', 'destroy'], { startedBy: ['connect'] }),
  atOnce('client', 'ssh connection', ['node-ssh NodeSSH'], ['dispose'], CONNECTS),
  byPromise('client', 'sftp connection', ['ssh2-sftp-client'], ['end'], CONNECTS),
  atOnce('client', 'ftp connection', ['basic-ftp Client'], ['close'], {
    startedBy: ['access', 'connect'],
    startPromises: ['access', 'connect'],
  }),
  byPromise('client', 'imap connection', ['imapflow ImapFlow'], ['logout', 'close'], {
    ...CONNECTS,
    closesSync: ['close'],
  }),
  byPromise('client', 'ldap connection', ['ldapts Client'], ['unbind'], {
    startedBy: ['bind'],
    startPromises: ['bind'],
  }),
  byCallback('client', 'ldap connection', ['ldapjs createClient'], ['unbind', 'destroy']),
  byCallback('client', 'serial port', ['serialport SerialPort'], ['close']),
  atOnce('client', 'snmp session', ['net-snmp createSession'], ['close']),
  atOnce(
    'client',
    'multicast dns',
    ['bonjour-service', 'bonjour-service Bonjour', 'multicast-dns'],
    ['destroy'],
  ),
  byPromise('client', 'slack app', ['@slack/bolt App'], ['stop'], STARTS),
  byPromise('client', 'slack socket', ['@slack/socket-mode SocketModeClient'], ['disconnect'], STARTS),
  atOnce('client', 'discord client', ['eris', 'eris Client'], ['disconnect'], CONNECTS),
  byPromise('client', 'twitch client', ['tmi.js client', 'tmi.js Client'], ['disconnect'], CONNECTS),
  byPromise('client', 'telegram bot', ['node-telegram-bot-api'], ['stopPolling'], {
    onlyWithOption: 'polling',
  }),
  byPromise('client', 'grammY runner', ['@grammyjs/runner run'], ['stop']),
  byPromise('client', 'telegram client', ['telegram TelegramClient'], ['destroy', 'disconnect'], CONNECTS),
  byPromise('client', 'whatsapp client', ['whatsapp-web.js Client'], ['destroy'], {
    startedBy: ['initialize'],
    startPromises: ['initialize'],
  }),
  atOnce('client', 'matrix client', ['matrix-js-sdk createClient'], ['stopClient'], {
    startedBy: ['startClient'],
    startPromises: ['startClient'],
  }),
  byPromise(
    'client',
    'chain client',
    ['ethers WebSocketProvider', 'ethers providers.WebSocketProvider'],
    ['destroy'],
  ),
  byPromise('client', 'chain client', ['xrpl Client'], ['disconnect'], CONNECTS),
  byPromise('client', 'chain client', ['@polkadot/api ApiPromise.create'], ['disconnect'], GIVES_PROMISE),
  byPromise(
    'client',
    'browser',
    [
      ...['playwright', 'playwright-core', '@playwright/test'].flatMap((from) =>
        ['chromium', 'firefox', 'webkit'].flatMap((each) => [
          `${from} ${each}.launch`,
          `${from} ${each}.launchPersistentContext`,
        ]),
      ),
      'puppeteer launch',
      'puppeteer-core launch',
      'puppeteer-extra launch',
      'puppeteer-cluster Cluster.launch',
    ],
    ['close'],
    { ...GIVES_PROMISE, notClosedBy: { disconnect: 'the browser goes on running' } },
  ),
  byPromise(
    'client',
    'browser',
    ['puppeteer connect', 'puppeteer-core connect'],
    ['disconnect', 'close'],
    GIVES_PROMISE,
  ),
  byPromise('client', 'browser', ['selenium-webdriver Builder().build'], ['quit']),
  byPromise('client', 'tunnel', ['@ngrok/ngrok connect', '@ngrok/ngrok forward'], ['close'], GIVES_PROMISE),
  byPromise('process', 'exiftool', ['exiftool-vendored ExifTool'], ['end']),
  byPromise('process', 'batch of processes', ['batch-cluster BatchCluster'], ['end']),
  atOnce('process', 'pm2 connection', ['pm2 connect'], ['disconnect'], {
    closesAll: ['pm2 disconnect'],
    noHandle: true,
    hint: 'call pm2.disconnect()',
  }),
  atOnce(
    'client',
    'AWS client',
    [
      's3 S3',
      'dynamodb DynamoDB',
      'sqs SQS',
      'sns SNS',
      'ses SES',
      'sesv2 SESv2',
      'secrets-manager SecretsManager',
      'kms KMS',
      'lambda Lambda',
      'cloudwatch CloudWatch',
      'cloudwatch-logs CloudWatchLogs',
      'eventbridge EventBridge',
      'kinesis Kinesis',
      'ssm SSM',
      'sts STS',
    ].map((each) => `@aws-sdk/client-${each}Client`),
    ['destroy'],
    {
      keepsProcessAlive: false,
      endsWithProcess: true,
      hint: 'make one client for all requests, or call client.destroy() in a finally',
    },
  ),
];
