/** Links the facts of all files into one program. Called by the graph. */
import type { ResourceRow } from '../../../../harness/resource-catalogue.ts';
import type { TypeName } from '../../facts/model.ts';
import { evaluate, evaluateFile } from './evaluate.ts';
import { moduleNode } from './module-node.ts';
import { addParent, fieldOf, load, loadFrom } from './load.ts';
import type { Catalogue } from './catalogue.ts';
import { carryWritten } from './data-objects.ts';
import { callUnknownList } from './model-platform.ts';
import { open } from './model-resources.ts';
import { runCallbacks } from './callbacks.ts';
import {
  bindingNode,
  createProgram,
  factsOf,
  returnNode,
  usePromises,
  type FunctionRef,
  type Program,
  type ProgramFile,
} from './program.ts';
import type { NodeId, Thing } from './things.ts';

export function linkProgram(files: ProgramFile[], catalogue: Catalogue): Program {
  const program = createProgram(files, catalogue);
  files.forEach((_file, index) => linkModule(program, index));
  files.forEach((_file, index) => evaluateFile(program, index));
  program.settled = program.flow.settle() && carryWritten(program);
  markMade(program);
  seedTypes(program);
  linkUnknownCallees(program);
  program.settled = program.flow.settle() && carryWritten(program) && program.settled;
  freeze(program);
  return program;
}

/** Only linking asks for these, and they are a good part of the memory of a large program. */
function freeze(program: Program): void {
  program.flow.freeze();
  program.done.clear();
  program.edgeKeys.clear();
  program.unfilled.clear();
  program.contents.clear();
  program.loads = [];
  program.stores = [];
}

function linkModule(program: Program, file: number): void {
  const { flow } = program;
  const facts = factsOf(program, file);
  const exported = flow.intern({ t: 'exports', file });
  const whole = flow.field(flow.intern({ t: 'module', file }), 'exports');
  flow.add(whole, { t: 'exports', file });
  const top = { file, fn: 0 };
  for (const each of facts.exports) {
    if ('v' in each && each.name === 'export=') flow.edge(evaluate(program, top, each.v), whole);
    else if ('v' in each) flow.edge(evaluate(program, top, each.v), fieldOf(program, exported, each.name));
    else if ('of' in each)
      importName(program, file, each.from, each.of, fieldOf(program, exported, each.name));
    else flow.onThing(moduleNode(program, file, each.from), (from) => addParent(program, exported, from));
  }
  for (const each of facts.imports)
    importName(program, file, each.from, each.name, bindingNode(program, file, each.b));
}

function importName(program: Program, file: number, from: string, name: string, to: NodeId): void {
  const node = moduleNode(program, file, from);
  if (name === '*') {
    program.flow.edge(node, to);
    return;
  }
  load(program, node, name, to);
  // A CommonJS module is its own default export.
  if (name === 'default')
    program.flow.onThing(node, (id) => {
      if (program.flow.things[id]?.t !== 'exports') loadFrom(program, id, name, to);
      const thing = program.flow.things[id];
      if (thing?.t === 'function' || thing?.t === 'class' || thing?.t === 'object')
        program.flow.add(to, thing);
      if (
        thing?.t === 'exports' &&
        !factsOf(program, thing.file).exports.some((each) => each.name === 'default')
      )
        program.flow.add(to, thing);
    });
}

/** Calls of which the callee is not known at all still run the functions that they are given. */
function linkUnknownCallees(program: Program): void {
  for (const site of [...program.sites]) {
    const { f } = site.call;
    if (program.flow.thingsAt(site.callee).size > 0 || f.k === 'super') continue;
    const name = f.k === 'member' ? f.p : '';
    if (name === 'then' || name === 'catch' || name === 'finally') continue;
    if (['map', 'flatMap', 'forEach'].includes(name)) callUnknownList(program, site, name === 'forEach');
    else runCallbacks(program, site, 'host');
    for (const each of site.args) usePromises(program, each, { how: 'handed' });
  }
}

/** Where nothing is known to arrive, an annotation that names a class of the project stands in. */
function seedTypes(program: Program): void {
  program.files.forEach((_file, file) => {
    const facts = factsOf(program, file);
    const top = { file, fn: 0 };
    for (const fn of facts.functions)
      for (const each of fn.params)
        if (each.type) seed(program, top, each.type, bindingNode(program, file, each.b));
    for (const fn of facts.functions)
      if (fn.returns) seed(program, top, fn.returns, returnNode(program, { file, fn: fn.id }));
    facts.bindings.forEach((each, b) => {
      if (each.type) seed(program, top, each.type, bindingNode(program, file, b));
    });
    for (const cls of facts.classes)
      for (const member of cls.members)
        if (member.type) {
          const instance = program.flow.intern({ t: 'instance', file, cls: cls.id });
          seed(program, top, member.type, fieldOf(program, instance, member.name));
        }
  });
  // What a cast, or the type arguments of a `new`, say of the value of a call.
  for (const site of program.sites)
    if (site.call.as) seed(program, { file: site.file, fn: 0 }, site.call.as, site.result);
}

function seed(program: Program, ref: FunctionRef, type: TypeName, node: NodeId): void {
  const { flow } = program;
  if (type.entity.k === 'global') {
    seedElements(program, ref, type, node);
    return;
  }
  const known = thingsOf(program, node).filter((each) => each.t !== 'made' && each.t !== 'promise');
  if (known.some((each) => each.t !== 'external')) return;
  flow.onThing(evaluate(program, ref, type.entity), (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'class' && known.length === 0)
      flow.add(node, { t: 'instance', file: thing.file, cls: thing.cls });
    else if (thing?.t === 'external') {
      const row = program.catalogue.rowOpenedBy(thing.from, thing.path);
      if (row && !openMade(program, row, thing, node) && known.length === 0)
        flow.add(node, { t: 'resource', site: -1, row, from: thing.from, path: thing.path });
    }
  });
}

/** The `new` of what nothing is known of: an annotation further on may say what it makes. */
function markMade(program: Program): void {
  const named = program.files.some((file) =>
    file.facts.imports.some((each) => program.catalogue.isPackageOfFiles(each.from)),
  );
  if (!named) return;
  for (const site of program.sites)
    if (site.call.isNew && thingsOf(program, site.result).every((each) => each.t === 'external'))
      program.flow.add(site.result, { t: 'made', site: site.id });
  program.settled = program.flow.settle() && program.settled;
}

const thingsOf = (program: Program, node: NodeId): Thing[] =>
  [...program.flow.thingsAt(node)].flatMap((id) => program.flow.things[id] ?? []);

/** `Exchange[]`, `Map<string, Exchange>`, `Promise<Exchange>`: the annotation of what is inside. */
function seedElements(program: Program, ref: FunctionRef, type: TypeName, node: NodeId): void {
  const { flow } = program;
  const inner = type.args.at(-1);
  const name = type.entity.k === 'global' ? type.entity.name : '';
  if (!inner || inner.entity.k === 'none') return;
  if (/^(Promise|Readonly|Partial|Awaited)$/.test(name)) seed(program, ref, inner, node);
  for (const id of [...flow.thingsAt(node)]) {
    const thing = flow.things[id];
    if (thing?.t === 'array' && /^(Array|ReadonlyArray|Set|ReadonlySet)$/.test(name))
      seed(program, ref, inner, fieldOf(program, id, '*'));
    else if (thing?.t === 'map' && /Map$/.test(name)) seed(program, ref, inner, flow.field(id, '@values'));
    else if (thing?.t === 'object' && /^(Record|Readonly|Partial)$/.test(name))
      seed(program, ref, inner, fieldOf(program, id, '*'));
  }
}

/** Opens what the annotation says at each `new` that leads to the place; false when there is none. */
function openMade(
  program: Program,
  row: ResourceRow,
  type: { from: string; path: string },
  node: NodeId,
): boolean {
  const made = row.knownByType ? thingsOf(program, node).filter((each) => each.t === 'made') : [];
  for (const each of made) {
    const site = program.sites[each.site];
    if (site) open(program, site, row, type.from, type.path);
  }
  return made.length > 0;
}
