import { nginxTime } from '../nginx/proxy.ts';
import { defineDeploymentRule } from '../rule.ts';

const DEFAULT_MS = 60_000;

export default defineDeploymentRule({
  id: 'proxy-keepalive-fits',
  title: 'connections that the proxy is to keep are kept, and it is the proxy that closes them',
  why: 'With HTTP/1.0 or `Connection: close` towards the service each request opens a connection of its own, whatever `keepalive` says: ports and time are used up under load. And where the service closes an idle connection first, the next request is sent into it and answered with 502.',
  fix: 'proxy_http_version 1.1 and proxy_set_header Connection "" wherever an upstream with keepalive is used; keepalive_timeout in the upstream shorter than keepAliveTimeout of the service',
  messages: {
    keptTooLong:
      '{found} keeps idle connections {seconds} s, and the service closes them after {own} s: a request is sent into one that is closed; set keepalive_timeout below that',
    notKept:
      'the upstream has keepalive {count}, and {missing} is missing here: no connection is kept; add it',
  },
  check({ deployment: { proxied, program }, examine }) {
    for (const each of proxied) {
      const keepalive = each.upstream?.block?.find(({ name }) => name === 'keepalive');
      if (keepalive === undefined) continue;
      const handle = examine({ subject: `${each.name}: keepalive`, location: each.location });
      const version = each.get('proxy_http_version')?.args[0];
      const header = each.all('proxy_set_header').find(({ args }) => args[0]?.toLowerCase() === 'connection');
      const missing = [
        ...(version === '1.1' || version === '2' ? [] : ['proxy_http_version 1.1']),
        // A variable is what an upgrade needs: what it holds is not known here.
        ...(header?.args[1] === '' || header?.args[1]?.startsWith('$')
          ? []
          : ['proxy_set_header Connection ""']),
      ];
      const written = each.upstream?.block?.find(({ name }) => name === 'keepalive_timeout')?.args[0];
      const keptMs = nginxTime(written) ?? DEFAULT_MS;
      if (missing.length === 0 && program.keepAliveMs !== undefined && keptMs >= program.keepAliveMs)
        handle.fail('keptTooLong', {
          found: written === undefined ? 'nginx by default' : `keepalive_timeout ${written}`,
          seconds: keptMs / 1000,
          own: program.keepAliveMs / 1000,
        });
      else if (missing.length === 0) handle.pass();
      else handle.fail('notKept', { count: keepalive.args[0] ?? '', missing: missing.join(' and ') });
    }
  },
});
