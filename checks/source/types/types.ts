/**
 * What the oracle needs to know of a compiler: a narrow view of its checker, so that its answers do not depend on which
 * one gives them. Implemented by `typescript6.ts` and `typescript7.ts`; asked by the oracle and the floating-promise mode.
 */
import type { ts } from 'ts-morph';

/** `open` is `any`, `unknown` or an error; `deferred` is decided only where a generic is used. */
export type TypeKind = 'open' | 'union' | 'intersection' | 'parameter' | 'deferred' | 'text' | 'other';

/** The module and the name of a class or interface: `node:http` and `Server`, or a package, or a file's name. */
export interface ClassName {
  from: string;
  name: string;
}

export interface DeclarationPlace {
  /** Absolute; `LANGUAGE` for what the library files of the language declare, whose places differ by compiler. */
  file: string;
  /** Offset of the declaration; 0 for those of the language. */
  start: number;
}

/** The first of the places where something is declared: a member of a union has several, in no settled order. */
export function firstOf(places: readonly DeclarationPlace[]): DeclarationPlace | undefined {
  return [...places].sort((a, b) => (a.file === b.file ? a.start - b.start : a.file < b.file ? -1 : 1))[0];
}

/** Types are opaque; equal types are equal objects, so answers can be kept by type. */
export interface Types<Type extends object> {
  /** The parsed file; `undefined` when it is not part of the program. `file` is absolute. */
  sourceOf(file: string): ts.SourceFile | undefined;
  typeOf(node: ts.Node): Type | undefined;
  /** Says which nodes of a file will be asked for: a compiler in another process answers them at once. */
  prepare?(source: ts.SourceFile, nodes: readonly ts.Node[]): void;
  kindOf(type: Type): TypeKind;
  /** The members of a union or an intersection. */
  partsOf(type: Type): readonly Type[];
  /** The text of a type of kind `text`. */
  textOf(type: Type): string;
  constraintOf(type: Type): Type | undefined;
  apparentOf(type: Type): Type;
  nonNullableOf(type: Type): Type;
  hasProperty(type: Type, name: string): boolean;
  /** What each call signature gives. */
  returnsOf(type: Type): readonly Type[];
  /** The elements of an array or a tuple; nothing for other types. */
  elementsOf(type: Type): readonly Type[];
  /** What a class or an interface extends. */
  basesOf(type: Type): readonly Type[];
  classOf(type: Type): ClassName | undefined;
  /** Declared under that name by the library files of the language. */
  isOfLanguage(type: Type, name: string): boolean;
  /** Where what a name or a member refers to is declared. */
  declarationOf(node: ts.Node): DeclarationPlace | undefined;
  /** Ends what was started; questions after it are answered by nothing. */
  end(): void;
}

export interface TypesInput {
  /** Absolute. */
  root: string;
  /** The program: these files and what they import. Absolute. */
  files: readonly string[];
  options: ts.CompilerOptions;
  /** Texts in the place of what is on the disk, by absolute path: only TypeScript 6 can be told of them. */
  texts?: ReadonlyMap<string, string> | undefined;
}

/** The module that the library files of the language stand for. */
export const LANGUAGE = 'typescript';

/** The module of a file that declares something, when no `declare module` around it says so. */
export function moduleOfFile(file: string): string {
  const inPackage = /node_modules\/(?:@types\/)?((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/.exec(file);
  return inPackage?.[1] ?? file.slice(file.lastIndexOf('/') + 1);
}

/** The module that a quoted name of `declare module 'http'` stands for; those of Node are written with `node:`. */
export const moduleOfName = (name: string): string => (name.startsWith('node:') ? name : `node:${name}`);
