/**
 * One exchange of ccxt, opened so that it can be closed: ccxt's own `close()` ends neither requests in flight nor
 * connections that do not answer. Used by `market-feed.ts`.
 */
import type { EventEmitter } from 'node:events';
import type { Exchange } from 'ccxt';
import type { Logger } from 'pino';
import { amountFromNumber } from '../trading/money.ts';
import { within } from '../within.ts';
import type { ExchangeId, SymbolInfo } from './exchange.ts';

type ExchangeClass = new (options: Record<string, unknown>) => Exchange;

export interface ExchangeConnection {
  id: ExchangeId;
  /** Takes the place of the exchange's own origin. */
  url: string | undefined;
  timeoutMs: number;
  /** How often a web socket is asked whether it still lives. */
  keepAliveMs: number;
  log: Logger;
}

/** What is used of the web sockets that ccxt opens. */
type WebSocketLike = { readyState: number; terminate(): void } & EventEmitter;

/** How long web sockets may take to say goodbye. */
const GOODBYE_MS = 100;

/** Loads the code of one exchange alone and constructs it; opens nothing yet. */
export async function openExchange(connection: ExchangeConnection): Promise<Exchange> {
  const { id, url: origin, log } = connection;
  // All of ccxt would cost four times the time and twice the memory; its exports hide the files.
  const url = new URL(`./src/pro/${id}.js`, import.meta.resolve('ccxt'));
  const module: { default: ExchangeClass } = await import(url.href);
  const exchange = new module.default(optionsOf(connection));
  // Its own goes to the console, between the JSON lines.
  exchange.log = (...details: unknown[]) => log.debug({ details }, 'ccxt');
  // Currencies, networks and fees of withdrawals are no matter of paper.
  exchange.has['fetchCurrencies'] = false;
  endBrokenSockets(exchange);
  if (origin !== undefined) {
    redirect(exchange.urls, 'api', new URL(origin));
    // Without it, ccxt refuses every ws:// address.
    await exchange.loadHttpProxyAgent();
  }
  await exchange.loadFetchImplementation();
  return exchange;
}

/** Closes everything that the exchange holds open, requests in flight too; it cannot be used afterwards. */
export async function closeExchange(exchange: Exchange): Promise<void> {
  try {
    // Requests in flight reject, and so do later ones.
    await exchange.fetchDispatcher?.destroy();
  } finally {
    await closeSockets(exchange);
  }
}

async function closeSockets(exchange: Exchange): Promise<void> {
  const sockets = Object.values(exchange.clients).map(({ connection }) => connection);
  try {
    await within(exchange.close(), GOODBYE_MS, 'the goodbye of the web sockets');
  } catch {
    // One that does not answer would be waited for half a minute.
    await within(Promise.all(sockets.map(endSocket)), GOODBYE_MS, 'the end of the web sockets');
  } finally {
    exchange.httpAgent?.destroy();
  }
}

/** Ends a web socket without a goodbye; resolves when its connection is gone. */
async function endSocket(socket: WebSocketLike | undefined): Promise<void> {
  if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.terminate();
  await closed;
}

/**
 * After a web socket failed: drops what ccxt keeps of it and would use again, such as an address that came from a
 * spoilt answer, or a client whose connection could not even be made and whose timer would throw.
 */
export function forgetSockets(exchange: Exchange): void {
  exchange.options['urls'] = {};
  for (const [url, client] of Object.entries(exchange.clients)) {
    if (client.connection !== undefined) continue;
    client.clearConnectionTimeout();
    delete exchange.clients[url];
  }
}

/** What an exchange trades on its spot market. */
export function describeMarkets(exchange: Exchange): SymbolInfo[] {
  const markets = Object.values(exchange.markets ?? {}).filter(
    (market) => market?.spot && market.active !== false,
  );
  return markets.flatMap((market) => {
    if (market === undefined) return [];
    const { symbol, base, quote, limits, precision, taker } = market;
    return {
      symbol,
      base,
      quote,
      minQuantity: amountFromNumber(limits.amount?.min) ?? 0n,
      tickSize: amountFromNumber(precision.price) ?? 0n,
      takerFee: amountFromNumber(taker) ?? 0n,
    };
  });
}

function optionsOf({ timeoutMs, keepAliveMs }: ExchangeConnection): Record<string, unknown> {
  return {
    timeout: timeoutMs,
    options: {
      defaultType: 'spot',
      fetchMarkets: { types: ['spot'], fetchTickersFees: false },
      // Its own choice, `miniTicker`, tells neither bid nor ask.
      watchTickers: { name: 'ticker' },
      ws: {
        connectionTimeout: timeoutMs,
        keepAlive: keepAliveMs,
        // Its wait before a reconnect cannot be ended, and dials after close(): the feed waits by itself.
        backoff: { max: 0 },
        // Its throttle sends without listening for an error, which then ends the process.
        throttle: undefined,
      },
    },
  };
}

/** ccxt forgets a failed web socket and leaves it to its peer to end it, which a silent one does not. */
function endBrokenSockets(exchange: Exchange): void {
  const onError = exchange.onError.bind(exchange);
  exchange.onError = (client, error) => {
    onError(client, error);
    client.connection?.terminate();
  };
}

/** Replaces scheme and host of the address under a key, or of all in the tree there. */
function redirect(tree: Record<string, unknown>, key: string, origin: URL): void {
  const value = tree[key];
  if (typeof value === 'string') {
    const { protocol, pathname } = new URL(value);
    const scheme = protocol.startsWith('ws') ? origin.protocol.replace('http', 'ws') : origin.protocol;
    tree[key] = `${scheme}//${origin.host}${pathname.replace(/\/$/, '')}`;
  } else if (isTree(value)) for (const inner of Object.keys(value)) redirect(value, inner, origin);
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
