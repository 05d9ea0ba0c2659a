// Servers, connections and datagram sockets.
'use strict';
const { handleHolds, noting, track, wrap } = require('./tracking.cjs');

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
  wrap(Socket.prototype, 'unref', noting(idle, true));
  wrap(Socket.prototype, 'ref', noting(idle, false));
  wrap(Socket.prototype, 'close', noting(closed, true));
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

module.exports = { watchNetwork };
