/**
 * The type oracle: the few questions that facts cannot answer, put to a TypeScript checker. The program is made when
 * the first question is asked. Created by the source stage, asked by the rules.
 */
import path from 'node:path';
import { ts } from 'ts-morph';
import { errorText } from '../../../harness/errors.ts';
import { missingTypes, type ImportOf } from './missing-types.ts';
import { isThenable, resultOf } from './promises.ts';
import { createTypes6 } from './typescript6.ts';
import { createTypes7 } from './typescript7.ts';
import type { ClassName, DeclarationPlace, Types, TypesInput } from './types.ts';

export interface TypeQuestion {
  /** Relative to the project root, or absolute. */
  file: string;
  /** Offsets of a call expression. */
  start: number;
  end: number;
}

export interface TypeOracle {
  /** Whether a call gives a promise; `undefined` when its type is missing or `any`. */
  isPromise(question: TypeQuestion): boolean | undefined;
  /** The module and the name of the class or interface that a call is a method of; `undefined` when not known. */
  classOf(question: TypeQuestion): ClassName | undefined;
  /** The module and the name of the class or interface that a call or a `new` gives; `undefined` when not known. */
  resultClassOf(question: TypeQuestion): ClassName | undefined;
  /** Where the callee is declared; `undefined` when not known. The file is absolute. */
  declarationOf(question: TypeQuestion): DeclarationPlace | undefined;
  /** The texts that the first argument of a call can be, sorted; `undefined` when its type is no union of texts. */
  firstTexts(question: TypeQuestion): string[] | undefined;
  /** Questions without an answer so far. */
  unresolved(): number;
  /** Whether the program was made, and what it found missing: said once in the summary. */
  notes(): string[];
  /** Ends what the answers came from; nothing is asked after it. */
  end(): void;
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

// A type is only ever given back to the compiler that it came from.
const COMPILERS = { 6: createTypes6, 7: createTypes7 } as unknown as Compilers;

type Call = ts.CallExpression | ts.NewExpression;

/** An oracle over the files of a project. */
export function createOracle(input: OracleInput, compilers: Compilers = COMPILERS): TypeOracle {
  const programs = createPrograms(input, compilers);
  const kept = new Map<string, unknown>();
  let unanswered = 0;

  const ask = <T>(kind: string, question: TypeQuestion, answer: (asked: Asked) => T | undefined) => {
    const key = `${kind}:${question.file}:${question.end}`;
    if (kept.has(key)) return kept.get(key) as T | undefined;
    const found = programs.ask(question, answer);
    if (found === undefined) unanswered += 1;
    kept.set(key, found);
    return found;
  };
  return {
    isPromise: (question) => ask('promise', question, ({ promise, call }) => promise(call)),
    classOf: (question) =>
      ask('class', question, ({ types, call }) =>
        ts.isPropertyAccessExpression(call.expression)
          ? classOfType(types, types.typeOf(call.expression.expression))
          : undefined,
      ),
    resultClassOf: (question) =>
      ask('result', question, ({ types, call }) =>
        classOfType(types, ts.isNewExpression(call) ? types.typeOf(call) : resultOf(types, call)),
      ),
    declarationOf: (question) =>
      ask('declaration', question, ({ types, call }) => types.declarationOf(nameOf(call.expression))),
    firstTexts: (question) => {
      const counted = unanswered;
      const texts = ask('texts', question, ({ types, call }) => textsOf(types, call.arguments?.[0]));
      // An argument that is no union of texts is an answer, too.
      unanswered = counted;
      return texts;
    },
    unresolved: () => unanswered,
    notes: () => [...(programs.made() ? missingTypes(input) : []), ...programs.notes],
    end: () => programs.end(),
  };
}

interface Asked {
  types: Types<object>;
  call: Call;
  promise(call: Call): boolean | undefined;
}

interface Programs {
  ask<T>(question: TypeQuestion, answer: (asked: Asked) => T | undefined): T | undefined;
  made(): boolean;
  notes: string[];
  end(): void;
}

/** The program of the files that questions touch; when one is about another file, that of all files. */
function createPrograms(input: OracleInput, compilers: Compilers): Programs {
  const root = path.resolve(input.projectRoot);
  const notes: string[] = [];
  const asked: Asking = {
    input,
    compilers,
    backEnd: input.texts === undefined ? (input.backEnd ?? 6) : 6,
    notes,
  };
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

function classOfType<Type extends object>(types: Types<Type>, type: Type | undefined): ClassName | undefined {
  return type && types.classOf(types.apparentOf(types.nonNullableOf(type)));
}

/** The name in an expression that says what is called. */
function nameOf(expression: ts.Expression): ts.Node {
  return ts.isPropertyAccessExpression(expression) ? expression.name : expression;
}

/** The texts of a type that is a text or a union of texts. */
function textsOf<Type extends object>(
  types: Types<Type>,
  node: ts.Expression | undefined,
): string[] | undefined {
  const type = node && types.typeOf(node);
  if (!type) return undefined;
  const members = types.kindOf(type) === 'union' ? types.partsOf(type) : [type];
  const texts = members.flatMap((each) => (types.kindOf(each) === 'text' ? [types.textOf(each)] : []));
  return texts.length > 0 && texts.length === members.length ? texts.sort() : undefined;
}
