import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'proxy-keepalive-fits',
  title: 'connections that the proxy is to keep are kept',
  why: 'With HTTP/1.0 or `Connection: close` towards the service each request opens a connection of its own, whatever `keepalive` says: ports and time are used up under load.',
  fix: 'proxy_http_version 1.1 and proxy_set_header Connection "" wherever an upstream with keepalive is used',
  messages: {
    notKept:
      'the upstream has keepalive {count}, and {missing} is missing here: no connection is kept; add it',
  },
  check({ deployment: { proxied }, examine }) {
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
      if (missing.length === 0) handle.pass();
      else handle.fail('notKept', { count: keepalive.args[0] ?? '', missing: missing.join(' and ') });
    }
  },
});
