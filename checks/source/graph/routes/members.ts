/** Names and members while registration is followed: bindings, modules, fields, methods. Used by `run-expression.ts`. */
import { maybe, NOTHING, seen, UNKNOWN, type Frame, type Held } from './held.ts';
import { decorationOf } from './router.ts';
import { moduleFrame, type Run } from './run.ts';
import { evaluate } from './run-expression.ts';
import { invoke } from './run-call.ts';

export function lookUp(run: Run, frame: Frame, b: number): Held {
  const facts = run.graph.program.files[frame.file]?.facts;
  for (let each: Frame | undefined = frame; each; each = each.parent) {
    const found = each.values.get(b);
    if (found) return found.value;
  }
  const imported = facts?.imports.find((each) => each.b === b);
  if (imported) {
    const from = moduleOf(run, frame.file, imported.from);
    return imported.name === '*' ? from : memberOf(run, from, imported.name);
  }
  return flowOf(run, frame.file, b);
}

function flowOf(run: Run, file: number, b: number): Held {
  const node = run.graph.program.bindings[file]?.[b];
  return node === undefined || run.graph.things(node).length === 0 ? UNKNOWN : { t: 'flow', node };
}

export function selfOf(frame: Frame): Held | undefined {
  for (let each: Frame | undefined = frame; each; each = each.parent) if (each.self) return each.self;
  return undefined;
}

export function globalOf(run: Run, frame: Frame, name: string): Held {
  if (name === 'module') return memberOf(run, { t: 'module', file: frame.file }, '(module)');
  if (name === 'exports') return exportsOf(run, frame.file);
  return { t: 'external', from: 'global', path: name };
}

/** The object of a CommonJS module, kept beside its bindings. */
function commonJs(run: Run, file: number): Held & { t: 'object' } {
  const frame = run.modules.get(file) ?? moduleFrame(run, file);
  const known = frame.values.get(-1)?.value;
  if (known?.t === 'object') return known;
  const made = { t: 'object', fields: new Map(), open: false, conditions: [] } as const;
  const inner: Held = { t: 'object', fields: new Map(), open: false, conditions: [] };
  made.fields.set('exports', { value: inner, conditions: [] });
  frame.values.set(-1, { value: made, conditions: [] });
  return made;
}

const exportsOf = (run: Run, file: number): Held =>
  commonJs(run, file).fields.get('exports')?.value ?? UNKNOWN;

/** What a specifier leads to. */
export function moduleOf(run: Run, file: number, specifier: string): Held {
  const target = run.graph.program.files[file]?.resolve(specifier) ?? specifier;
  return typeof target === 'number'
    ? { t: 'module', file: target }
    : { t: 'external', from: target.replace(/^node:(process)$/, 'global'), path: '' };
}

function exported(run: Run, file: number, name: string, depth = 0): Held {
  const facts = run.graph.program.files[file]?.facts;
  if (!facts || depth > 20) return UNKNOWN;
  const frame = moduleFrame(run, file);
  for (const each of facts.exports) {
    if (each.name !== name && !(each.name === 'export=' && name === 'default')) continue;
    if ('v' in each) return evaluate(run, frame, each.v);
    if (!('of' in each)) continue;
    const from = moduleOf(run, file, each.from);
    return each.of === '*' ? from : memberOf(run, from, each.of);
  }
  for (const each of facts.exports) {
    if (each.name !== '*' || !('from' in each)) continue;
    const target = moduleOf(run, file, each.from);
    const found = target.t === 'module' ? exported(run, target.file, name, depth + 1) : NOTHING;
    if (found.t !== 'none') return found;
  }
  if (facts.exports.length > 0) return NOTHING;
  const whole = exportsOf(run, file);
  if (name === 'default') return whole;
  return memberOf(run, whole, name);
}

/** A member of what is held. */
export function memberOf(run: Run, held: Held, name: string): Held {
  const of = seen(held);
  switch (of.t) {
    case 'module':
      return name === '(module)' ? commonJs(run, of.file) : exported(run, of.file, name);
    case 'external':
      if (name === 'default') return of;
      return { t: 'external', from: of.from, path: of.path ? `${of.path}.${name}` : name };
    case 'object':
      return fieldOf(run, of, name);
    case 'class': {
      const own = of.statics.get(name)?.value;
      return own ?? methodOf(run, of, of, name, true) ?? UNKNOWN;
    }
    case 'list':
      if (/^\d+$/.test(name)) return of.items[Number(name)] ?? (of.open ? UNKNOWN : NOTHING);
      return { t: 'method', of, name };
    case 'router':
      return decorationOf(of.router, name) ?? { t: 'method', of, name };
    case 'text':
    case 'closure':
    case 'chain':
      return { t: 'method', of, name };
    case 'maybe':
      run.choices -= 1;
      if (run.choices <= 0) return UNKNOWN;
      return maybe(of.conditions, memberOf(run, of.then, name), memberOf(run, of.otherwise, name));
    case 'flow':
      return flowMember(run, of.node, name);
    default:
      return UNKNOWN;
  }
}

function fieldOf(run: Run, of: Held & { t: 'object' }, name: string): Held {
  const found = of.fields.get(name)?.value;
  if (found) return found;
  const method = of.of && methodOf(run, of.of, of, name, false);
  if (method) return method;
  return of.open || of.of ? UNKNOWN : NOTHING;
}

/** A method or getter of a class or of those it extends. */
function methodOf(
  run: Run,
  cls: Held & { t: 'class' },
  self: Held,
  name: string,
  isStatic: boolean,
  depth = 0,
): Held | undefined {
  // Classes may extend each other in a circle.
  if (depth > 20) return undefined;
  const fact = run.graph.program.files[cls.file]?.facts.classes[cls.cls];
  const member = fact?.members.find(
    (each) =>
      each.name === name && each.isStatic === isStatic && each.fn !== undefined && each.kind !== 'setter',
  );
  if (member?.fn !== undefined) {
    const closure: Held = { t: 'closure', file: cls.file, fn: member.fn, scope: cls.scope, self };
    return member.kind === 'getter' ? invoke(run, closure, []) : closure;
  }
  const base = fact?.base && seen(evaluate(run, cls.scope, fact.base));
  return base?.t === 'class' ? methodOf(run, base, self, name, isStatic, depth + 1) : undefined;
}

function flowMember(run: Run, node: number, name: string): Held {
  const { flow } = run.graph.program;
  const owners = [...flow.thingsAt(node)].filter((id) =>
    ['object', 'instance', 'exports', 'module', 'class'].includes(flow.things[id]?.t ?? ''),
  );
  const [only] = owners;
  if (only === undefined || owners.length > 1) return UNKNOWN;
  const field = flow.field(only, name);
  return flow.thingsAt(field).size > 0 ? { t: 'flow', node: field } : UNKNOWN;
}
