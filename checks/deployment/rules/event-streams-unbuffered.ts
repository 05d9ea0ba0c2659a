import type { Proxied } from '../nginx/proxy.ts';
import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'event-streams-unbuffered',
  title: 'events reach the client when they are sent',
  why: 'nginx collects answers in buffers: events come late, in bursts, or only when the stream ends.',
  fix: 'proxy_buffering off in the location of the stream, or the header X-Accel-Buffering: no in the answer',
  messages: {
    buffered: 'the event stream {stream} is collected in buffers here; set proxy_buffering off for it',
    nowhereOff:
      'the program serves event streams, and no location leaves them unbuffered; set proxy_buffering off where they are, or send X-Accel-Buffering: no',
  },
  check({ deployment: { proxied, program }, examine }) {
    if (!program.servesEventStreams || proxied.length === 0) return;
    const isOff = (each: Proxied): boolean =>
      program.forbidsBuffering
        ? !each.all('proxy_ignore_headers').some(({ args }) => args.includes('X-Accel-Buffering'))
        : each.get('proxy_buffering')?.args[0] === 'off';
    for (const stream of program.streamPaths) {
      const location = locationFor(stream, proxied);
      if (location === undefined) continue;
      const handle = examine({ subject: `${location.name}: ${stream}`, location: location.location });
      if (isOff(location)) handle.pass();
      else handle.fail('buffered', { stream });
    }
    const [first] = proxied;
    if (program.streamPaths.length > 0 || first === undefined) return;
    const handle = examine({ subject: `${first.location.file}: event streams`, location: first.location });
    if (proxied.some(isOff)) handle.pass();
    else handle.fail('nowhereOff');
  },
});

/** As nginx chooses: exact, else the first expression that matches, else the longest prefix. */
function locationFor(path: string, proxied: readonly Proxied[]): Proxied | undefined {
  const exact = proxied.find(({ match }) => match[0] === '=' && match[1] === path);
  const regular = proxied.find(({ match: [kind = '', text = ''] }) => {
    if (kind !== '~' && kind !== '~*') return false;
    try {
      return new RegExp(text, kind === '~*' ? 'i' : '').test(path);
    } catch {
      return false; // an expression of nginx that is none here: the prefixes decide
    }
  });
  const prefixOf = ({ match }: Proxied): string => match.at(-1) ?? '/';
  const prefixes = proxied
    .filter(({ match }) => !['=', '~', '~*'].includes(match[0] ?? ''))
    .filter((each) => path.startsWith(prefixOf(each)))
    .sort((a, b) => prefixOf(b).length - prefixOf(a).length);
  return exact ?? (prefixes[0]?.match[0] === '^~' ? prefixes[0] : (regular ?? prefixes[0]));
}
