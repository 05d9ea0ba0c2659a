/** Errors on their way out of a function, and which of them come to a part of a catch. Used by `denial.ts`. */
import type { Value } from '../../facts/model.ts';
import { seen, type ClassHeld, type Frame } from './held.ts';
import { evaluate } from './run-expression.ts';
import type { Run } from './run.ts';
import { frameOf, statusOfError, type Status } from './status.ts';
import { returnsOf } from './decision-callees.ts';

/** What is known of an error. */
export interface Thrown {
  status: Status;
  classes: Classes;
  /** It says no for another reason than a token that is not valid. */
  decides: boolean;
}

/** Classes that an error is an instance of; `whole`: it is one of no other. */
interface Classes {
  names: readonly string[];
  whole: boolean;
}

const NOT_KNOWN: Classes = { names: [], whole: false };

/** The errors that a thrown value can be. */
export function errorsOf(run: Run, frame: Frame, value: Value): Omit<Thrown, 'decides'>[] {
  if (value.k === 'choice') return value.vs.flatMap((each) => errorsOf(run, frame, each));
  return [{ status: statusOfError(run, frame, value), classes: classesOf(run, frame, value) }];
}

/** Adds one that is not among them yet. */
export function addThrown(to: Thrown[], error: Thrown): void {
  const key = JSON.stringify(error);
  if (to.length < 40 && !to.some((each) => JSON.stringify(each) === key)) to.push(error);
}

function classesOf(run: Run, frame: Frame, value: Value, depth = 0): Classes {
  if (value.k === 'await') return classesOf(run, frame, value.v, depth);
  if (value.k !== 'call' || depth > 4) return NOT_KNOWN;
  const { f } = value;
  const [first] = value.a;
  if (f.k === 'member' && f.o.k === 'global' && f.o.name === 'Object' && f.p === 'assign')
    return first ? classesOf(run, frame, first, depth + 1) : NOT_KNOWN;
  const callee = seen(evaluate(run, frame, f));
  if (callee.t === 'closure' && !value.isNew) {
    const [only, ...others] = returnsOf(run.graph.function(callee).body);
    return only && others.length === 0 ? classesOf(run, frameOf(callee), only, depth + 1) : NOT_KNOWN;
  }
  if (!value.isNew) return NOT_KNOWN;
  if (callee.t === 'class') return lineageOf(run, callee);
  return callee.t === 'external' ? ofPackage(callee.from, callee.path) : NOT_KNOWN;
}

/** A class and those that it extends. */
function lineageOf(run: Run, cls: ClassHeld, depth = 0): Classes {
  const own = `${cls.file}.${cls.cls}`;
  const base = run.graph.program.files[cls.file]?.facts.classes[cls.cls]?.base;
  if (!base) return { names: [own], whole: true };
  const held = depth > 8 ? undefined : seen(evaluate(run, cls.scope, base));
  const above =
    held?.t === 'class'
      ? lineageOf(run, held, depth + 1)
      : held?.t === 'external'
        ? ofPackage(held.from, held.path)
        : NOT_KNOWN;
  return { names: [own, ...above.names], whole: above.whole };
}

/** The classes of the language are known, those of packages only by name. */
function ofPackage(from: string, path: string): Classes {
  const name = `${from} ${path}`;
  const isPlain = from === 'global' && /^(\w+)?Error$/.test(path);
  return { names: isPlain ? [name, 'global Error'] : [name], whole: isPlain };
}

/** What comes to the one and the other branch of `if (error instanceof Some)`; any other test tells nothing. */
export function splitBy(
  run: Run,
  frame: Frame,
  caught: number | undefined,
  test: Value,
  all: readonly Thrown[],
): [then: readonly Thrown[], otherwise: readonly Thrown[]] {
  if (test.k !== 'operands') return [all, all];
  const [left, right] = test.vs;
  if (test.op === '!' && left) {
    const [then, otherwise] = splitBy(run, frame, caught, left, all);
    return [otherwise, then];
  }
  if (test.op !== 'instanceof' || left?.k !== 'ref' || left.b !== caught || !right) return [all, all];
  const cls = seen(evaluate(run, frame, right));
  const name =
    cls.t === 'class' ? `${cls.file}.${cls.cls}` : cls.t === 'external' ? `${cls.from} ${cls.path}` : '';
  const is = ({ classes }: Thrown): boolean => classes.names.includes(name);
  return [
    all.filter((each) => name === '' || is(each) || !each.classes.whole),
    all.filter((each) => name === '' || !is(each)),
  ];
}
