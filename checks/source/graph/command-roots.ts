/** Methods that a framework for command lines runs of the classes in loaded files. Used by the graph. */
import { evaluate } from './flow/evaluate.ts';
import type { FunctionRef, Program } from './flow/program.ts';

const COMMAND = /^@oclif\/(command|core) (Command|default)$/;
/** In the order in which they are run. */
const RUN = ['init', 'run', 'catch', 'finally'];

/** What is run of the commands: their fields, their constructor, and what the framework calls. */
export function commandRoots(program: Program, files: ReadonlySet<number>): FunctionRef[] {
  return program.files.flatMap(({ facts }, file) =>
    facts.classes.flatMap((cls): FunctionRef[] => {
      if (!files.has(file) || !cls.base || !isCommand(program, file, cls.id, 0)) return [];
      const members = RUN.flatMap(
        (name) => cls.members.find((each) => each.name === name && !each.isStatic)?.fn ?? [],
      );
      const made = cls.construct === undefined ? [] : [cls.construct];
      return [cls.fields, ...made, ...members].map((fn) => ({ file, fn }));
    }),
  );
}

/** The class extends the framework's, itself or by another one of the project. */
function isCommand(program: Program, file: number, cls: number, depth: number): boolean {
  const fact = program.files[file]?.facts.classes[cls];
  if (!fact?.base || depth > 4) return false;
  return [...program.flow.thingsAt(evaluate(program, { file, fn: fact.fields }, fact.base))].some((id) => {
    const base = program.flow.things[id];
    if (base?.t === 'class') return isCommand(program, base.file, base.cls, depth + 1);
    return base?.t === 'external' && COMMAND.test(`${base.from} ${base.path}`);
  });
}
