/**
 * Frameworks that make the classes of the project: the modules of NestJS, and containers. What is injected into a
 * constructor is the instance of its class, or what is provided under its token.
 */
import type { Value } from '../../facts/model.ts';
import { runCallback } from './callbacks.ts';
import { evaluate } from './evaluate.ts';
import { linkConstructor, linkFunction } from './link-call.ts';
import { fieldOf, iterate, load } from './load.ts';
import {
  factsOf,
  functionOf,
  isFirst,
  returnNode,
  usePromises,
  type FunctionRef,
  type Program,
  type Site,
} from './program.ts';
import type { NodeId, ThingId } from './things.ts';
import { classNode, onToken } from './tokens.ts';

/** Who makes the classes: the call that begins it, and the application that runs their hooks. */
export interface Maker {
  site: Site;
  application: ThingId | undefined;
  /** What constructors are given that say nothing of what they want. */
  given?: NodeId;
}

const STARTING = ['onModuleInit', 'onApplicationBootstrap'];
export const CLOSING = ['onModuleDestroy', 'beforeApplicationShutdown', 'onApplicationShutdown'];
const INJECTS = /^(@nestjs\/common Inject|tsyringe inject|inversify inject|typedi Inject)$/;

/** Makes a class, with what is injected into it; gives the place of the instance. */
export function makeClass(program: Program, maker: Maker, file: number, cls: number): NodeId {
  const { flow } = program;
  const node = classNode(program, file, cls);
  if (!isFirst(program, `make ${file}.${cls} ${maker.application}`)) return node;
  const own = flow.node();
  flow.add(own, { t: 'instance', file, cls });
  flow.edge(own, node);
  linkConstructor(program, { ...maker.site, args: injected(program, maker, file, cls) }, file, cls);
  for (const name of STARTING) runMember(program, maker, own, name);
  if (maker.application !== undefined)
    for (const name of CLOSING) load(program, own, name, flow.field(maker.application, '@close'));
  runDecorated(program, maker, file, cls);
  return node;
}

/** `app.get(Service)`: the instance that the modules hold. */
export function giveInstance(program: Program, site: Site, application: ThingId): void {
  const { flow } = program;
  const [token] = site.call.a;
  const [first] = site.args;
  if (!token || first === undefined) return;
  onToken(program, site, token, (node) => flow.edge(node, site.result));
  flow.onThing(first, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'class')
      flow.edge(makeClass(program, { site, application }, thing.file, thing.cls), site.result);
  });
}

function runMember(program: Program, { site }: Maker, instance: NodeId, name: string): void {
  const member = program.flow.node();
  load(program, instance, name, member);
  runCallback(program, site, member, 'hook');
}

/** Methods with a decorator are called by the framework: routes, jobs, subscriptions. */
function runDecorated(program: Program, maker: Maker, file: number, cls: number): void {
  const fact = factsOf(program, file).classes[cls];
  if (!fact) return;
  for (const member of fact.members) {
    if (member.fn === undefined || !member.decorators || member.isStatic || member.kind !== 'method')
      continue;
    linkFunction(program, maker.site, { file, fn: member.fn }, [], 'host', undefined);
    usePromises(program, returnNode(program, { file, fn: member.fn }), { how: 'handed' });
  }
  if (fact.base)
    program.flow.onThing(evaluate(program, { file, fn: fact.fields }, fact.base), (id) => {
      const base = program.flow.things[id];
      if (base?.t === 'class') runDecorated(program, maker, base.file, base.cls);
    });
}

/** What the constructor of a class, or of the one it extends, is given. */
function injected(program: Program, maker: Maker, file: number, cls: number): NodeId[] {
  const { flow } = program;
  const fact = factsOf(program, file).classes[cls];
  if (fact?.construct === undefined) return [];
  const ref = { file, fn: fact.construct };
  return functionOf(program, ref).params.map((parameter): NodeId => {
    const node = flow.node();
    const token = (parameter.decorators ?? []).flatMap((each) => tokenOf(program, ref, each) ?? [])[0];
    if (token) onToken(program, ref, token, (from) => flow.edge(from, node));
    else if (parameter.type && parameter.type.entity.k !== 'global')
      flow.onThing(evaluate(program, { file, fn: 0 }, parameter.type.entity), (id) => {
        const thing = flow.things[id];
        if (thing?.t !== 'class') return;
        // A container makes what it is asked for; the modules of NestJS name all that is made.
        const isAsked = maker.application === undefined;
        const make = isAsked ? makeClass(program, maker, thing.file, thing.cls) : undefined;
        flow.edge(make ?? classNode(program, thing.file, thing.cls), node);
      });
    else if (maker.given !== undefined) flow.edge(maker.given, node);
    return node;
  });
}

/** The argument of `@Inject(TOKEN)`. */
function tokenOf(program: Program, ref: FunctionRef, decorator: Value): Value | undefined {
  if (decorator.k !== 'call') return undefined;
  const callee = [...program.flow.thingsAt(evaluate(program, { ...ref, fn: 0 }, decorator.f))];
  const isInject = callee.some((id) => {
    const thing = program.flow.things[id];
    return thing?.t === 'external' && INJECTS.test(`${thing.from} ${thing.path}`);
  });
  return isInject ? decorator.a[0] : undefined;
}

/** The classes at a place, modules of NestJS, with all that they import and provide. */
export function makeModules(program: Program, maker: Maker, node: NodeId): void {
  const { flow } = program;
  flow.onThing(node, (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'class') makeModule(program, maker, thing.file, thing.cls);
    else if (thing?.t === 'object') {
      makeModules(program, maker, fieldOf(program, id, 'module'));
      makeParts(program, maker, id);
    }
  });
}

function makeModule(program: Program, maker: Maker, file: number, cls: number): void {
  if (!isFirst(program, `module ${file}.${cls} ${maker.application}`)) return;
  const fact = factsOf(program, file).classes[cls];
  if (!fact) return;
  makeClass(program, maker, file, cls);
  const ref = { file, fn: fact.fields };
  for (const each of fact.decorators ?? []) {
    const [parts] = each.k === 'call' ? each.a : [];
    if (parts)
      program.flow.onThing(evaluate(program, ref, parts), (id) => {
        if (program.flow.things[id]?.t === 'object') makeParts(program, maker, id);
      });
  }
}

/** `{ imports, controllers, providers }`. */
function makeParts(program: Program, maker: Maker, parts: ThingId): void {
  if (!isFirst(program, `parts ${parts} ${maker.application}`)) return;
  const { flow } = program;
  const each = (name: string): NodeId => {
    const elements = flow.node();
    iterate(program, fieldOf(program, parts, name), elements);
    return elements;
  };
  makeModules(program, maker, each('imports'));
  for (const name of ['controllers', 'providers'])
    flow.onThing(each(name), (id) => {
      const thing = flow.things[id];
      if (thing?.t === 'class') makeClass(program, maker, thing.file, thing.cls);
      else if (thing?.t === 'object') provide(program, maker, thing);
    });
}

/** `{ provide: TOKEN, useClass | useFactory | useValue | useExisting }`. */
function provide(program: Program, maker: Maker, provider: { file: number; id: number }): void {
  const written = program.providers.get(`${provider.file}.${provider.id}`);
  const part = (name: string): Value | undefined => written?.value.props.find(([key]) => key === name)?.[1];
  const token = part('provide');
  if (!written || !token) return;
  const { ref } = written;
  const { flow } = program;
  const made = flow.node();
  onToken(program, ref, token, (node) => flow.edge(made, node));
  const [value, cls, factory, existing] = ['useValue', 'useClass', 'useFactory', 'useExisting'].map(part);
  if (value) flow.edge(evaluate(program, ref, value), made);
  if (existing) onToken(program, ref, existing, (node) => flow.edge(node, made));
  if (cls)
    flow.onThing(evaluate(program, ref, cls), (id) => {
      const thing = flow.things[id];
      if (thing?.t === 'class') flow.edge(makeClass(program, maker, thing.file, thing.cls), made);
    });
  if (factory) runFactory(program, maker, ref, factory, part('inject'), made);
}

function runFactory(
  program: Program,
  { site }: Maker,
  ref: FunctionRef,
  factory: Value,
  inject: Value | undefined,
  made: NodeId,
): void {
  const { flow } = program;
  const args = (inject?.k === 'array' ? inject.items : []).map((each): NodeId => {
    const node = flow.node();
    onToken(program, ref, each, (from) => flow.edge(from, node));
    return node;
  });
  flow.onThing(evaluate(program, ref, factory), (id) => {
    const fn = flow.things[id];
    if (fn?.t !== 'function') return;
    linkFunction(program, site, fn, args, 'hook', undefined);
    usePromises(program, returnNode(program, fn), { how: 'awaited' });
    flow.settledEdge(returnNode(program, fn), made);
  });
}
