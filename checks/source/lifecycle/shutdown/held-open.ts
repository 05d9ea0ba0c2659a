/** What holds the close of a server open until its clients leave: web sockets, event streams. Asked by drains-first. */
import { eachValue } from '../../facts/walk.ts';
import type { Graph, Resource, Site } from '../../graph/graph.ts';
import { endsClients, isCutOff } from './deadlines.ts';
import { isCall, orderOf, type CallMoment, type Moment } from './moment.ts';
import { codeOf, usesOf } from './uses.ts';

export interface Holding {
  /** The release that waits. */
  release: CallMoment;
  server: Resource;
  by: 'sockets' | 'streams';
  /** Where the clients come in. */
  opened: Site;
  /** Nothing ends them before, or beside the wait. */
  holds: boolean;
}

const SOCKETS = 'websocket server';
/** Calls that may end what is open, whatever they are made on. */
const ENDINGS: ReadonlySet<string> = new Set(
  'end destroy close terminate disconnect disconnectSockets cancel abort return emit dispatchEvent kick closeAll'.split(
    ' ',
  ),
);

/** Every release of a server with clients that stay, in a run of the shutdown. */
export function holdingsOf(graph: Graph, moments: readonly Moment[]): Holding[] {
  return moments.filter(isCall).flatMap((release) =>
    release.released
      .filter((each) => each.row.kind === 'server' && each.row.ownsArguments !== true)
      .flatMap((server) =>
        clientsOf(graph, server).map((each) => ({
          release,
          server,
          ...each,
          holds: !isEnded(graph, moments, release, server, each.sockets),
        })),
      ),
  );
}

/** From this version on, `close()` ends idle connections itself. */
export const CLOSES_IDLE_SINCE = 19;
const PLAIN: ReadonlySet<string> = new Set(['http server', 'express server', 'koa server', 'hono server']);
const ENDS_IDLE: ReadonlySet<string> = new Set(['closeIdleConnections', 'closeAllConnections']);

export interface PlainClose {
  release: CallMoment;
  endsIdle: boolean;
}

/** Closes of servers of the platform, and whether the shutdown ends their idle connections. */
export function plainCloses(graph: Graph, moments: readonly Moment[]): PlainClose[] {
  return moments.filter(isCall).flatMap((release) =>
    release.released
      .filter((each) => PLAIN.has(each.row.noun) && !ownedByOther(graph, each))
      .map((server) => ({
        release,
        endsIdle:
          isCutOff(graph, moments, release, server) ||
          graph.program.sites.some(
            ({ call, base }) =>
              call.f.k === 'member' &&
              ENDS_IDLE.has(call.f.p) &&
              base !== undefined &&
              graph.program.flow.thingsAt(base).has(server.id),
          ),
      })),
  );
}

/** `stoppable(server)` and its like end its connections. */
const ownedByOther = (graph: Graph, server: Resource): boolean =>
  graph.resources.some(
    (each) => each.row.ownsArguments === true && usesOf(graph).of(each, server)?.how === 'given',
  );

interface Clients {
  by: Holding['by'];
  opened: Site;
  sockets?: Resource;
}

function clientsOf(graph: Graph, server: Resource): Clients[] {
  const uses = usesOf(graph);
  const sockets = graph.resources.find(
    (each) =>
      each.row.noun === SOCKETS &&
      (listensItself(each, server) ||
        uses.of(each, server)?.how === 'given' ||
        uses.of(server, each) !== undefined),
  );
  if (sockets) return [{ by: 'sockets', opened: sockets.site, sockets }];
  const stream = codeOf(graph, server).find(opensStream);
  return stream ? [{ by: 'streams', opened: stream }] : [];
}

/** `new WebSocketServer({ port })`: it has no other server. */
const listensItself = (sockets: Resource, server: Resource): boolean =>
  sockets === server &&
  sockets.site.call.a.some((each) => each.k === 'object' && each.props.some(([name]) => name === 'port'));

/** `response.writeHead(200, { 'content-type': 'text/event-stream' })`. */
const opensStream = (site: Site): boolean =>
  site.call.a.some((argument) =>
    [...eachValue(argument)].some((each) => each.k === 'text' && each.t.startsWith('text/event-stream')),
  );

/** The shutdown does not wait for the close, cuts the connections, or calls what may end the clients in time. */
function isEnded(
  graph: Graph,
  moments: readonly Moment[],
  release: CallMoment,
  server: Resource,
  sockets: Resource | undefined,
): boolean {
  if (isCutOff(graph, moments, release, server)) return true;
  if (sockets && endsClients(graph, moments, sockets)) return true;
  return moments.filter(isCall).some((each) => {
    const { f } = each.site.call;
    const mayEnd = f.k === 'member' && ENDINGS.has(f.p) && each.released.length === 0;
    return mayEnd && orderOf(moments, release, each) !== 'before';
  });
}
