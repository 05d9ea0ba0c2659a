/** Routes of NestJS controllers and their guards, read from decorators. Used by the route table. */
import type { Location } from '../../../../harness/verdict.ts';
import type { ClassFact, ClassMember, Value } from '../../facts/model.ts';
import { UNKNOWN, seen, type ExternalHeld, type Held } from './held.ts';
import { functionsIn, pathsIn } from './register.ts';
import type { Guarding, Route } from './route-table.ts';
import { joinPaths } from './router.ts';
import { detached } from './detached.ts';
import { part } from './run-call.ts';
import { evaluate } from './run-expression.ts';
import { moduleFrame, type Run } from './run.ts';

const METHODS = /^(Get|Post|Put|Delete|Patch|Head|All|Search)\(\)$/;
const OWN = /^(@nestjs\/|class-|typeorm|@mikro-orm\/|@automapper\/|nestjs-zod|@willsoto\/|@sentry\/)/;

export function nestRoutes(run: Run): Route[] {
  const { files } = run.graph.program;
  if (!files.some(({ facts }) => facts.imports.some((each) => each.from === '@nestjs/common'))) return [];
  const global = globalGuards(run);
  return files.flatMap(({ facts }, file) =>
    facts.classes.flatMap((cls) => (cls.decorators ? controllerRoutes(run, file, cls, global) : [])),
  );
}

function controllerRoutes(run: Run, file: number, cls: ClassFact, global: readonly Guarding[]): Route[] {
  const own = decoratorsOf(run, file, cls.decorators ?? []);
  const controller = own.find((each) => isNest(each, 'Controller()'));
  if (controller?.t !== 'external') return [];
  const [given] = controller.args ?? [];
  const options = given && seen(given);
  const prefixes = given ? pathsIn(options?.t === 'object' ? part(run, options, 'path') : options) : [''];
  const place = run.graph.locate(file, cls.at);
  const guards = [...global, ...guardsOf(own, `@UseGuards of ${cls.name}`, place)];
  return cls.members.flatMap((member) =>
    prefixes.flatMap((prefix) => methodRoutes(run, file, cls, member, { prefix, guards, place })),
  );
}

interface Around {
  prefix: string;
  guards: Guarding[];
  place: Location;
}

function methodRoutes(run: Run, file: number, cls: ClassFact, member: ClassMember, around: Around): Route[] {
  const { fn } = member;
  if (fn === undefined || !member.decorators) return [];
  const own = decoratorsOf(run, file, member.decorators);
  const place = run.graph.locate(file, run.graph.function({ file, fn }).at);
  const guards = [...around.guards, ...guardsOf(own, `@UseGuards of ${cls.name}.${member.name}`, place)];
  return own.flatMap((each): Route[] => {
    const verb = each.t === 'external' && isNest(each) ? METHODS.exec(each.path)?.[1] : undefined;
    if (each.t !== 'external' || verb === undefined) return [];
    const paths = each.args?.[0] ? pathsIn(each.args[0]) : [''];
    return paths.map((path) => ({
      method: verb.toUpperCase(),
      path: joinPaths(joinPaths('', around.prefix), path),
      place,
      where: { file, fn },
      handler: detached(run, { file, fn }),
      guards,
      late: [],
      mounts: [
        { location: around.place, note: `${cls.name} is a controller at ${around.prefix || '/'}` },
        { location: place, note: `${member.name} answers ${verb.toUpperCase()}` },
      ],
      isLoose: false,
    }));
  });
}

const isNest = (held: Held, path?: string): held is ExternalHeld =>
  held.t === 'external' && held.from.startsWith('@nestjs/') && (path === undefined || held.path === path);

/** What decorators are, with those that others are made of. */
function decoratorsOf(run: Run, file: number, values: readonly Value[]): Held[] {
  const frame = moduleFrame(run, file);
  const flat = (held: Held, depth: number): Held[] => {
    const value = seen(held);
    if (value.t === 'list' && depth < 6) return value.items.flatMap((each) => flat(each, depth + 1));
    if (isNest(value, 'applyDecorators()') && depth < 6)
      return (value.args ?? []).flatMap((each) => flat(each, depth + 1));
    return [value];
  };
  return values.flatMap((each) => flat(evaluate(run, frame, each), 0));
}

function guardsOf(decorators: readonly Held[], how: string, place: Location): Guarding[] {
  const guard = (fn: Held): Guarding => ({ fn, how, place, conditions: [] });
  return decorators.flatMap((each): Guarding[] => {
    if (each.t === 'external') {
      if (each.path === 'UseGuards()' && OWN.test(each.from))
        return (each.args ?? []).flatMap(functionsIn).map(guard);
      // A decorator that is not followed may be a guard.
      return OWN.test(each.from) ? [] : [guard(UNKNOWN)];
    }
    return each.t === 'unknown' || each.t === 'flow' ? [guard(UNKNOWN)] : [];
  });
}

/** `{ provide: APP_GUARD, useClass: AdminGuard }` of modules, `app.useGlobalGuards(new AdminGuard())`. */
function globalGuards(run: Run): Guarding[] {
  const { program } = run.graph;
  const provided = program.files.flatMap(({ facts }, file) =>
    facts.classes.flatMap((cls) =>
      decoratorsOf(run, file, cls.decorators ?? [])
        .filter((each) => isNest(each, 'Module()'))
        .flatMap((each) => moduleGuards(run, each, run.graph.locate(file, cls.at))),
    ),
  );
  const used = program.sites
    .filter(({ call }) => call.f.k === 'member' && call.f.p === 'useGlobalGuards')
    .flatMap((site) =>
      site.args.map((node): Guarding => {
        const [thing] = run.graph.things(node);
        const place = run.graph.locateCall(site);
        return { fn: heldOf(run, thing), how: site.call.text, place, conditions: [] };
      }),
    );
  return [...provided, ...used];
}

function heldOf(run: Run, thing: ReturnType<Run['graph']['things']>[number] | undefined): Held {
  if (thing?.t !== 'instance') return UNKNOWN;
  return {
    t: 'class',
    file: thing.file,
    cls: thing.cls,
    scope: moduleFrame(run, thing.file),
    statics: new Map(),
  };
}

function moduleGuards(run: Run, module: Held, place: Location): Guarding[] {
  if (module.t !== 'external') return [];
  const providers = part(run, module.args?.[0], 'providers');
  if (providers.t !== 'list') return [];
  return providers.items.map(seen).flatMap((each): Guarding[] => {
    const token = part(run, each, 'provide');
    if (!isNest(token, 'APP_GUARD')) return [];
    const fn = [part(run, each, 'useClass'), part(run, each, 'useExisting'), part(run, each, 'useValue')];
    const known = fn.find((held) => held.t === 'class' || held.t === 'object' || held.t === 'external');
    return [{ fn: known ?? UNKNOWN, how: 'APP_GUARD', place, conditions: [] }];
  });
}
