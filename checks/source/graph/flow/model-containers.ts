/** Models of containers: what is registered under a token, and what is taken from them. Used by the models of externals. */
import type { CallValue, Value } from '../../facts/model.ts';
import { CONTAINER_CALLS } from './container-names.ts';
import { evaluate } from './evaluate.ts';
import { linkFunction } from './link-call.ts';
import { fieldOf, load } from './load.ts';
import { makeClass } from './model-injection.ts';
import type { Model } from './model-values.ts';
import { returnNode, usePromises, type Program, type Site } from './program.ts';
import type { NodeId } from './things.ts';
import { onToken } from './tokens.ts';

/** `container.resolve(Service)`. */
const give: Model = (program, site) => {
  const [token] = site.call.a;
  if (!token) return;
  onToken(program, site, token, (node) => program.flow.edge(node, site.result));
  make(program, site, evaluate(program, site, token), site.result);
};

/** The instance of every class at a place. */
function make(program: Program, site: Site, node: NodeId, to: NodeId, given?: NodeId): void {
  const maker = { site, application: undefined, ...(given === undefined ? {} : { given }) };
  program.flow.onThing(node, (id) => {
    const thing = program.flow.things[id];
    if (thing?.t === 'class') program.flow.edge(makeClass(program, maker, thing.file, thing.cls), to);
  });
}

function makeWith(
  program: Program,
  site: Site,
  node: NodeId,
  to: NodeId,
  args: readonly NodeId[] = [],
): void {
  const { flow } = program;
  flow.onThing(node, (id) => {
    const fn = flow.things[id];
    if (fn?.t !== 'function') return;
    linkFunction(program, site, fn, args, 'hook', undefined);
    usePromises(program, returnNode(program, fn), { how: 'handed' });
    flow.settledEdge(returnNode(program, fn), to);
  });
}

/** `container.register(token, provider)`, `Container.set(token, value)`. */
const take: Model = (program, site) => {
  const { flow } = program;
  const [token, given] = site.call.a;
  const [, node] = site.args;
  if (!token || !given || node === undefined) return;
  const made = flow.node();
  onToken(program, site, token, (to) => flow.edge(made, to));
  const part = (name: string): Value | undefined =>
    given.k === 'object' ? given.props.find(([key]) => key === name)?.[1] : undefined;
  const [cls, factory, value] = [part('useClass'), part('useFactory'), part('useValue')];
  if (cls) make(program, site, evaluate(program, site, cls), made);
  else if (factory) makeWith(program, site, evaluate(program, site, factory), made);
  else if (value) flow.edge(evaluate(program, site, value), made);
  else if (site.call.text.endsWith('registerSingleton')) make(program, site, node, made);
  else flow.edge(node, made);
};

/** `container.bind(TOKEN).to(Service)`. */
const bind: Model = (program, site) => {
  const { flow } = program;
  const { f } = site.call;
  const [token] = f.k === 'member' && f.o.k === 'call' ? f.o.a : [];
  const name = f.k === 'member' ? f.p : '';
  const [given] = site.args;
  if (!token) return;
  const made = flow.node();
  onToken(program, site, token, (to) => flow.edge(made, to));
  if (name === 'toSelf') make(program, site, evaluate(program, site, token), made);
  else if (given !== undefined && name === 'to') make(program, site, given, made);
  else if (given !== undefined && name === 'toDynamicValue') makeWith(program, site, given, made);
  else if (given !== undefined) flow.edge(given, made);
};

/** The object in which awilix keeps what is registered by name; constructors are given it. */
function cradle(program: Program): { id: number; node: NodeId } {
  const own = { t: 'object', file: 0, id: -1 } as const;
  const id = program.flow.intern(own);
  const node = program.flow.node();
  program.flow.add(node, own);
  return { id, node };
}

/** `container.register({ store: asClass(Store).singleton() })`. */
const registerNamed: Model = (program, site) => {
  const [given] = site.call.a;
  if (given?.k !== 'object') return;
  const { id, node } = cradle(program);
  for (const [name, value] of given.props) {
    const inner = wrapped(value);
    const [written] = inner?.a ?? [];
    if (!inner || !written) continue;
    const to = fieldOf(program, id, name);
    const from = evaluate(program, site, written);
    program.flow.onThing(evaluate(program, site, inner.f), (wrapper) => {
      const thing = program.flow.things[wrapper];
      if (thing?.t !== 'external' || thing.from !== 'awilix') return;
      if (thing.path === 'asValue') program.flow.edge(from, to);
      else if (thing.path === 'asFunction') makeWith(program, site, from, to, [node]);
      else make(program, site, from, to, node);
    });
  }
};

/** The `asClass(Store)` inside `asClass(Store).singleton().disposer(...)`. */
function wrapped(value: Value): CallValue | undefined {
  if (value.k !== 'call') return undefined;
  return value.f.k === 'member' && value.f.o.k === 'call' ? wrapped(value.f.o) : value;
}

const resolveNamed: Model = (program, site) => {
  const [name] = site.call.a;
  if (name?.k === 'text') load(program, cradle(program).node, name.t, site.result);
};

/** `forwardRef(() => Service)`. */
const forward: Model = (program, site) => {
  const [given] = site.args;
  if (given !== undefined) makeWith(program, site, given, site.result);
};

const each = (names: readonly string[], model: Model): Record<string, Model> =>
  Object.fromEntries(names.map((name) => [name, model]));

export const CONTAINER_MODELS: Record<string, Model> = {
  ...each(CONTAINER_CALLS.gives, give),
  ...each(CONTAINER_CALLS.takes, take),
  ...each(CONTAINER_CALLS.binds, bind),
  ...each(CONTAINER_CALLS.named, registerNamed),
  ...each(CONTAINER_CALLS.resolved, resolveNamed),
  '@nestjs/common forwardRef': forward,
};
