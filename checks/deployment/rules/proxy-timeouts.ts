import { nginxTime, type Proxied } from '../nginx/proxy.ts';
import { defineDeploymentRule } from '../rule.ts';

const LONGEST_CONNECT_MS = 30_000;
const LONGEST_READ_MS = 3_600_000;
const UNSET_CONNECT_MS = 60_000;

export default defineDeploymentRule({
  id: 'proxy-timeouts',
  title: 'the proxy soon notices that the service is gone',
  why: 'nginx tries to connect for a minute by default: while a service restarts or hangs, every request waits that long and holds a connection.',
  fix: 'proxy_connect_timeout 5s, and a proxy_read_timeout that fits the slowest answer; longer ones only for event streams',
  messages: {
    slowConnect:
      'a connection to the service is tried for {seconds} s ({found}); set proxy_connect_timeout to a few seconds',
    endlessRead:
      '{found} lets a request to a service that hangs wait for {seconds} s; set what the slowest answer takes',
  },
  check({ deployment: { proxied }, examine }) {
    for (const each of proxied) {
      const handle = examine({ subject: `${each.name}: timeouts`, location: each.location });
      const connect = each.get('proxy_connect_timeout');
      const read = each.get('proxy_read_timeout');
      // On the same machine a port that nobody listens on is refused at once.
      const connectMs = nginxTime(connect?.args[0]) ?? (isHere(each) ? 0 : UNSET_CONNECT_MS);
      const readMs = nginxTime(read?.args[0]) ?? 0;
      // A stream or a socket that is kept open waits on purpose.
      const kept =
        each.get('proxy_buffering')?.args[0] === 'off' || each.all('proxy_set_header').some(isUpgrade);
      if (connectMs > LONGEST_CONNECT_MS)
        handle.fail('slowConnect', {
          seconds: connectMs / 1000,
          found: connect ? `proxy_connect_timeout ${connect.args[0]}` : 'the default',
        });
      else if (readMs > LONGEST_READ_MS && !kept)
        handle.fail('endlessRead', { found: `proxy_read_timeout ${read?.args[0]}`, seconds: readMs / 1000 });
      else handle.pass();
    }
  },
});

const HERE = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\]|unix)(?=[:/]|$)/;

/** Passed to this machine, by itself or through an upstream whose servers are all here. */
function isHere({ pass, upstream }: Proxied): boolean {
  const servers = upstream?.block?.filter(({ name }) => name === 'server');
  if (servers !== undefined) return servers.every(({ args }) => HERE.test(args[0] ?? ''));
  return HERE.test((pass.args[0] ?? '').replace(/^\w+:\/\//, ''));
}

const isUpgrade = ({ args }: { args: string[] }): boolean => args[0]?.toLowerCase() === 'upgrade';
