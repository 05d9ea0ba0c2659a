/** Functions handed to code that this project did not write. */
import { fieldOf } from './load.ts';
import { linkFunction, target } from './link-call.ts';
import { isFirst, returnNode, usePromises, type EdgeKind, type Program, type Site } from './program.ts';
import type { NodeId, ThingId } from './things.ts';

/** The functions at a place, those in object literals and arrays at that place included. */
export function onFunctions(program: Program, node: NodeId, listener: (fn: ThingId) => void): void {
  const { flow } = program;
  flow.onThing(node, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'function') listener(id);
    else if (thing?.t === 'object' || thing?.t === 'array')
      flow.onThing(fieldOf(program, id, '*'), (member) => {
        if (flow.things[member]?.t === 'function') listener(member);
      });
  });
}

/** Calls every function among the arguments as a library would. */
export function runCallbacks(
  program: Program,
  site: Site,
  kind: EdgeKind,
  given: readonly NodeId[] = [],
): void {
  const { call, args } = site;
  const takesBack = call.f.k === 'member' && TAKES_BACK.test(call.f.p);
  args.forEach((each, index) => {
    // What is written in its place is told of the end; what is named is the handler that goes.
    if (!takesBack || call.a[index]?.k === 'fn') runCallback(program, site, each, kind, given);
  });
}

/** `bus.unsubscribe('event', handler)`: the handler is not run, it will not be any more. */
const TAKES_BACK =
  /^(off|un(subscribe|listen|watch|register|bind|observe|hook)|remove\w*(Listener|Listeners|Handler|Hook|Callback|Observer)|removeEventListener|detach)$/;

export function runCallback(
  program: Program,
  site: Site,
  node: NodeId,
  kind: EdgeKind,
  given: readonly NodeId[] = [],
): void {
  const { flow } = program;
  if (!isFirst(program, `run ${site.id} ${node} ${kind}`)) return;
  onFunctions(program, node, (id) => {
    const thing = flow.things[id];
    if (thing?.t !== 'function') return;
    linkFunction(program, site, thing, given, kind, undefined);
    if (kind === 'host' || kind === 'then' || kind === 'call')
      usePromises(program, returnNode(program, thing), { how: 'handed' });
  });
  // `setTimeout(server.close)`: a method of a resource by reference.
  flow.onThing(node, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'method' && flow.things[thing.of]?.t === 'resource')
      target(program, { ...site, args: [], result: flow.node() }, id);
    if (thing?.t === 'method' && thing.name === '(bound)') {
      const of = flow.things[thing.of];
      if (of?.t === 'function') linkFunction(program, site, of, [], kind, undefined);
      else target(program, { ...site, args: [], result: flow.node() }, thing.of);
    }
  });
}
