import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'proxy-retries-safe',
  title: 'the proxy does not send a request that writes a second time',
  why: 'A POST whose answer was lost has been carried out: sent again it is a second order.',
  fix: 'take non_idempotent out of proxy_next_upstream; let the client retry with an idempotency key',
  messages: {
    retriesWrites:
      'proxy_next_upstream with non_idempotent sends a POST again whose answer was lost; take it out',
  },
  check({ deployment: { proxied }, examine }) {
    for (const each of proxied) {
      const next = each.get('proxy_next_upstream');
      const location = next ? { file: next.file, line: next.line, column: next.column } : each.location;
      const handle = examine({ subject: `${each.name}: proxy_next_upstream`, location });
      if (next?.args.includes('non_idempotent') === true) handle.fail('retriesWrites');
      else handle.pass();
    }
  },
});
