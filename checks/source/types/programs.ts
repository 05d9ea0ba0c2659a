/**
 * The programs that the oracle asks: of the files that questions touch, and of all files when one is about another. Made by
 * the oracle when the first question comes.
 */
import path from 'node:path';
import { ts } from 'ts-morph';
import { errorText } from '../../../harness/errors.ts';
import type { ImportOf } from './missing-types.ts';
import { isThenable, resultOf } from './promises.ts';
import type { Types, TypesInput } from './types.ts';

export interface TypeQuestion {
  /** Relative to the project root, or absolute. */
  file: string;
  /** Offsets of a call expression. */
  start: number;
  end: number;
}

/** The compiler that answers: TypeScript 6 in this process, or TypeScript 7 in one of its own. */
export type BackEnd = 6 | 7;

export interface OracleInput {
  projectRoot: string;
  files: string[];
  options: ts.CompilerOptions;
  /** 6 without it. */
  backEnd?: BackEnd;
  /** The files that most questions are about, asked for with the first; all of them without it. Absolute. */
  touched?: () => readonly string[];
  /** What the files import; read from their texts without it. */
  imports?: () => Iterable<ImportOf>;
  /** Texts in the place of what is on the disk, by absolute path: only TypeScript 6 can be told of them. */
  texts?: ReadonlyMap<string, string> | undefined;
}

export type Compilers = Readonly<Record<BackEnd, (input: TypesInput) => Types<object>>>;

type Call = ts.CallExpression | ts.NewExpression;

export interface Asked {
  types: Types<object>;
  call: Call;
  promise(call: Call): boolean | undefined;
}

export interface Programs {
  ask<T>(question: TypeQuestion, answer: (asked: Asked) => T | undefined): T | undefined;
  made(): boolean;
  notes: string[];
  end(): void;
}

/** The program of the files that questions touch; when one is about another file, that of all files. */
export function createPrograms(input: OracleInput, compilers: Compilers): Programs {
  const root = path.resolve(input.projectRoot);
  const notes: string[] = [];
  const asked: Asking = { input, compilers, backEnd: backEndOf(input), notes };
  let current: Program | undefined;
  let isWhole = false;
  const make = (files: readonly string[]): Program => {
    current?.types.end();
    return (current = compile(asked, root, files));
  };
  const programOf = (file: string): Program => {
    if (!current) {
      const touched = input.touched?.() ?? [];
      isWhole = touched.length === 0;
      current = make(isWhole ? input.files : touched);
    }
    if (!isWhole && !current.types.sourceOf(file)) {
      isWhole = true;
      current = make(input.files);
    }
    return current;
  };
  const answered = <T>(question: TypeQuestion, answer: (asked: Asked) => T | undefined): T | undefined => {
    const file = path.resolve(root, question.file);
    const { types, callsOf, promise } = programOf(file);
    const call = callsOf(file).get(question.end);
    return call && answer({ types, call, promise });
  };
  return {
    ask: (question, answer) => {
      try {
        return answered(question, answer);
      } catch (error) {
        if (asked.backEnd === 6) throw error;
        // The other process is gone or answers differently from what is known of it: all questions go to this one.
        asked.backEnd = 6;
        isWhole = false;
        notes.push(`TypeScript 7 gave no answer (${errorText(error)}): TypeScript 6 was asked from there on`);
        current?.types.end();
        current = undefined;
        return answered(question, answer);
      }
    },
    made: () => current !== undefined,
    notes,
    end: () => current?.types.end(),
  };
}

const backEndOf = ({ texts, backEnd = 6 }: OracleInput): BackEnd => (texts === undefined ? backEnd : 6);

interface Asking {
  input: OracleInput;
  compilers: Compilers;
  /** Falls back to 6 when 7 cannot be asked. */
  backEnd: BackEnd;
  notes: string[];
}

function compile(asking: Asking, root: string, files: readonly string[]): Program {
  const { input, compilers } = asking;
  const given = { root, files, options: input.options, texts: input.texts };
  if (asking.backEnd === 7) {
    try {
      return programOver(compilers[7](given));
    } catch (error) {
      asking.backEnd = 6;
      asking.notes.push(
        `TypeScript 7 cannot be asked for types (${errorText(error)}): TypeScript 6 was asked`,
      );
    }
  }
  return programOver(compilers[6](given));
}

interface Program {
  types: Types<object>;
  /** The calls of a file by their end: no two share one. */
  callsOf(file: string): ReadonlyMap<number, Call>;
  promise(call: Call): boolean | undefined;
}

function programOver(types: Types<object>): Program {
  const files = new Map<string, ReadonlyMap<number, Call>>();
  const promises = new Map<object, boolean | undefined>();
  const isPromise = (type: object): boolean | undefined => {
    if (!promises.has(type)) promises.set(type, isThenable(types, type));
    return promises.get(type);
  };
  return {
    types,
    callsOf: (file) => {
      const known = files.get(file) ?? findCalls(types.sourceOf(file));
      files.set(file, known);
      return known;
    },
    promise: (call) => {
      const type = ts.isNewExpression(call) ? types.typeOf(call) : resultOf(types, call);
      return type && isPromise(type);
    },
  };
}

function findCalls(source: ts.SourceFile | undefined): ReadonlyMap<number, Call> {
  const found = new Map<number, Call>();
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) found.set(node.end, node);
    ts.forEachChild(node, visit);
  };
  if (source) visit(source);
  return found;
}
