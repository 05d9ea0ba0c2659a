/**
 * The machine's only way out: a forward proxy of the harness on the host's end of the cable, for package managers.
 * The machine has no route and no name server, so nothing else inside can reach beyond this host.
 */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface Proxy {
  port: number;
  close(): Promise<void>;
}

/** Ports of web servers; a proxy for packages has no business elsewhere. */
const PORTS = [80, 443];

export async function openProxy(address: string): Promise<Proxy> {
  const server = createServer(forward);
  const open = new Set<Socket>();
  const keep = (socket: Socket): void => {
    open.add(socket);
    socket.once('close', () => open.delete(socket)).on('error', () => socket.destroy());
  };
  server.on('connection', keep);
  server.on('connect', (asked: IncomingMessage, socket: Socket, head: Buffer) => {
    const [host = '', port = '443'] = (asked.url ?? '').split(':');
    if (!PORTS.includes(Number(port))) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    keep(upstream);
    upstream.once('error', () => socket.destroy());
    socket.once('close', () => upstream.destroy());
  });
  await new Promise<void>((done, fail) => server.once('error', fail).listen(0, address, done));
  // An open proxy is no reason for a program to go on.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** `GET http://host/path`, as apt asks. */
function forward(asked: IncomingMessage, answer: ServerResponse): void {
  const url = URL.parse(asked.url ?? '');
  if (url?.protocol !== 'http:' || !PORTS.includes(Number(url.port || 80))) {
    answer.writeHead(403).end();
    return;
  }
  const { 'proxy-connection': _, ...headers } = asked.headers;
  const options = { method: asked.method ?? 'GET', headers, agent: false } as const;
  const upstream = request(url, options, (got) => {
    answer.writeHead(got.statusCode ?? 502, got.rawHeaders);
    got.pipe(answer);
  });
  // Whoever asked may go in the middle: what nobody reads any more would hold this process open.
  answer.once('close', () => upstream.destroy());
  upstream.once('error', (error) =>
    answer.headersSent ? answer.destroy() : answer.writeHead(502).end(error.message),
  );
  asked.pipe(upstream);
}

/** What apt, npm and curl inside read. The certificates are this host's: it may be told to trust more than Debian does. */
export function packageEnvironment(hostAddress: string, port: number): Record<string, string> {
  const proxy = `http://${hostAddress}:${port}`;
  return {
    http_proxy: proxy,
    https_proxy: proxy,
    no_proxy: 'localhost,127.0.0.1,::1',
    NODE_EXTRA_CA_CERTS: '/etc/ssl/certs/ca-certificates.crt',
  };
}
