/** Classes: what `this` is, members, inheritance. Used by the evaluator and the call linker. */
import type { ClassFact } from '../../facts/model.ts';
import { evaluate } from './evaluate.ts';
import { addParent, fieldOf } from './load.ts';
import { classThisNode, factsOf, returnNode, type FunctionRef, type Program } from './program.ts';
import type { NodeId } from './things.ts';

/** What `this` stands for: that of the nearest function which has one of its own. */
export function thisNode(program: Program, ref: FunctionRef): NodeId {
  const { flow } = program;
  const fn = factsOf(program, ref.file).functions[ref.fn];
  if (fn?.kind === 'arrow' && fn.parent !== undefined)
    return thisNode(program, { file: ref.file, fn: fn.parent });
  if (fn?.owner && 'class' in fn.owner) return classThisNode(program, ref.file, fn.owner.class);
  const node = flow.node();
  if (fn?.owner && 'object' in fn.owner) flow.add(node, { t: 'object', file: ref.file, id: fn.owner.object });
  return node;
}

/** The class whose method encloses a function. */
export function classAround(program: Program, ref: FunctionRef): ClassFact | undefined {
  const facts = factsOf(program, ref.file);
  const fn = facts.functions[ref.fn];
  if (fn?.owner && 'class' in fn.owner) return facts.classes[fn.owner.class];
  return fn?.kind === 'arrow' && fn.parent !== undefined
    ? classAround(program, { file: ref.file, fn: fn.parent })
    : undefined;
}

/** Members, inheritance and `this` of a class. */
export function linkClass(program: Program, ref: FunctionRef, cls: number): void {
  const { flow } = program;
  const { file } = ref;
  const fact = factsOf(program, file).classes[cls];
  if (!fact) return;
  const instance = flow.intern({ t: 'instance', file, cls });
  const self = flow.intern({ t: 'class', file, cls });
  flow.add(classThisNode(program, file, cls), { t: 'instance', file, cls });
  for (const member of fact.members) {
    if (member.fn === undefined) continue;
    const field = fieldOf(program, member.isStatic ? self : instance, member.name);
    if (member.kind === 'method') flow.add(field, { t: 'function', file, fn: member.fn });
    else if (member.kind === 'getter') flow.edge(returnNode(program, { file, fn: member.fn }), field);
  }
  if (!fact.base) return;
  flow.onThing(evaluate(program, ref, fact.base), (id) => {
    const base = flow.things[id];
    if (base?.t === 'class') {
      addParent(program, self, id);
      addParent(program, instance, flow.intern({ t: 'instance', file: base.file, cls: base.cls }));
      flow.edge(classThisNode(program, file, cls), classThisNode(program, base.file, base.cls));
    } else if (base?.t === 'external')
      addParent(
        program,
        instance,
        flow.intern({ ...base, path: program.catalogue.result(base.from, base.path) }),
      );
  });
}

/** `super`: an instance of the class that is extended. */
export function fillSuper(program: Program, ref: FunctionRef, node: NodeId): void {
  const { flow } = program;
  const base = classAround(program, ref)?.base;
  if (!base) return;
  flow.onThing(evaluate(program, ref, base), (id) => {
    const thing = flow.things[id];
    if (thing?.t === 'class') flow.add(node, { t: 'instance', file: thing.file, cls: thing.cls });
  });
}
