/**
 * The type oracle: the few questions that facts cannot answer, put to a TypeScript checker. The program is made when
 * the first question is asked. Created by the source stage, asked by the rules.
 */
import { ts } from 'ts-morph';
import { missingTypes } from './missing-types.ts';
import {
  type Asked,
  type Compilers,
  createPrograms,
  type OracleInput,
  type TypeQuestion,
} from './programs.ts';
import { resultOf } from './promises.ts';
import { createTypes6 } from './typescript6.ts';
import { createTypes7 } from './typescript7.ts';
import type { ClassName, DeclarationPlace, Types } from './types.ts';

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

// A type is only ever given back to the compiler that it came from.
const COMPILERS = { 6: createTypes6, 7: createTypes7 } as unknown as Compilers;

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
