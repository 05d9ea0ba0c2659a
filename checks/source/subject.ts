/** Names for what rules examine: stable when lines move, told apart by file, enclosing function and callee. */
import type { FunctionRef, Graph, Site } from './graph/graph.ts';
import type { Subject } from './rule.ts';

/** `src/main.ts Lifecycle.stop: this.server.close()`. */
export function callSubject(graph: Graph, site: Site, place = graph.locateCall(site)): Subject {
  return {
    subject: `${place.file} ${graph.nameOf(site)}: ${site.call.isNew ? 'new ' : ''}${site.call.text}()`,
    location: place,
  };
}

/** The name of the function that encloses something, for messages. */
export function enclosing(graph: Graph, ref: FunctionRef): string {
  const name = graph.nameOf(ref);
  return name === '(module)' ? 'the top level' : name;
}
