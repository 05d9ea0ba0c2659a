/**
 * TypeScript 7's interface as far as the oracle uses it. It is not settled yet: what is called differently in different
 * releases is told apart here and nowhere else. Used by the TypeScript 7 back end.
 */
import { createRequire } from 'node:module';
import path from 'node:path';

export interface Node7 {
  readonly kind: number;
  readonly pos: number;
  readonly end: number;
  readonly parent?: Node7;
  getStart?(): number;
  readonly name?: { readonly kind: number; readonly text?: string };
  forEachChild<T>(visit: (child: Node7) => T | undefined): T | undefined;
}

export interface NodeHandle7 {
  readonly path: string;
  resolve(): Node7 | undefined;
}

export interface Symbol7 {
  readonly name: string;
  readonly flags: number;
  readonly declarations: readonly NodeHandle7[];
  getParent(): Symbol7 | undefined;
}

export interface Type7 {
  readonly flags: number;
  readonly value?: unknown;
  getSymbol(): Symbol7 | undefined;
  getTypes?(): readonly Type7[] | undefined;
}

export interface Checker7 {
  getTypeAtLocation(node: Node7): Type7 | undefined;
  getTypeAtPosition(file: string, position: number): Type7 | undefined;
  getTypeAtPosition(file: string, positions: readonly number[]): readonly (Type7 | undefined)[];
  getSymbolAtPosition(file: string, position: number): Symbol7 | undefined;
  getAliasedSymbol(symbol: Symbol7): Symbol7;
  getDeclaredTypeOfSymbol(symbol: Symbol7): Type7;
  getSignaturesOfType(type: Type7, kind: number): readonly object[];
  getReturnTypeOfSignature(signature: object): Type7 | undefined;
  getApparentType(type: Type7): Type7 | undefined;
  getNonNullableType(type: Type7): Type7 | undefined;
  getBaseConstraintOfType(type: Type7): Type7 | undefined;
  getPropertyOfType(type: Type7, name: string): Symbol7 | undefined;
  getBaseTypes(type: Type7): readonly Type7[];
  getTypeArguments(type: Type7): readonly Type7[];
  isArrayType(type: Type7): boolean;
  isTupleType(type: Type7): boolean;
}

export interface Program7 {
  checker: Checker7;
  fileNames: readonly string[];
  fileOf(name: string): Node7 | undefined;
  isOfLanguage(file: string): boolean;
  isClassOrInterface(symbol: Symbol7): boolean;
  isAlias(symbol: Symbol7): boolean;
}

export type FlagNames =
  | 'Any'
  | 'Unknown'
  | 'Union'
  | 'Intersection'
  | 'TypeParameter'
  | 'Instantiable'
  | 'StringLiteral'
  | 'Object';

export interface Api7 {
  typeFlags: Readonly<Record<FlagNames, number>>;
  callSignature: number;
  /** Kinds of nodes by name. */
  syntaxKinds: Readonly<Record<string, number>>;
  open(config: string): Program7;
  close(): void;
}

interface Module7 {
  API: new (options: { cwd: string }) => Connection7;
  TypeFlags: Record<string, number>;
  SymbolFlags: Record<string, number>;
  SignatureKind: Record<string, number>;
}

interface Connection7 {
  updateSnapshot(params: { openProjects: string[]; openProject?: string }): {
    getProjects(): readonly Project7[];
  };
  close(): void;
}

interface Project7 {
  checker: Checker7;
  program: {
    getSourceFile(file: string): Node7 | undefined;
    getSourceFileNames?(): readonly string[];
    getSourceFileMetadataByPath?(file: string): { isDefaultLibrary: boolean } | undefined;
  };
  rootFiles: readonly string[];
}

/** Starts the process. @throws when there is none to start. */
export function openApi7(root: string): Api7 {
  const { sync, syntax } = loadModules(root);
  const connection = new sync.API({ cwd: root });
  return {
    typeFlags: demand(sync.TypeFlags, TYPE_FLAGS),
    callSignature: demand(sync.SignatureKind, ['Call']).Call,
    syntaxKinds: syntax,
    open: (config) => {
      const [project] = connection
        .updateSnapshot({ openProjects: [config], openProject: config })
        .getProjects();
      if (!project) throw new Error('it opened no project');
      return programOf(project, demand(sync.SymbolFlags, ['Class', 'Interface', 'Alias']));
    },
    close: () => connection.close(),
  };
}

const TYPE_FLAGS = [
  'Any',
  'Unknown',
  'Union',
  'Intersection',
  'TypeParameter',
  'Instantiable',
  'StringLiteral',
  'Object',
] as const satisfies readonly FlagNames[];

function programOf(
  { checker, program }: Project7,
  flags: Record<'Class' | 'Interface' | 'Alias', number>,
): Program7 {
  const library = new Map<string, boolean>();
  return {
    checker: withKnownNames(checker),
    fileNames: program.getSourceFileNames?.() ?? [],
    fileOf: (name) => program.getSourceFile(name),
    isOfLanguage: (file) => {
      let known = library.get(file);
      if (known === undefined) {
        known = program.getSourceFileMetadataByPath?.(file)?.isDefaultLibrary ?? /\/lib\.[^/]+$/.test(file);
        library.set(file, known);
      }
      return known;
    },
    isClassOrInterface: (symbol) => (symbol.flags & (flags.Class | flags.Interface)) !== 0,
    isAlias: (symbol) => (symbol.flags & flags.Alias) !== 0,
  };
}

/** A release that has none of the names of a method is refused before the first question, not at some later one. */
function withKnownNames(checker: Checker7): Checker7 {
  const all = checker as unknown as Record<string, unknown>;
  for (const [name, others] of Object.entries(METHODS)) {
    if (typeof all[name] === 'function') continue;
    const other = others.find((each) => typeof all[each] === 'function');
    if (other === undefined) throw new Error(`its checker has no ${name}`);
    all[name] = all[other];
  }
  return checker;
}

/** The methods that are called, by their name in 7.0, with what later releases call them. */
const METHODS = {
  getTypeAtLocation: [],
  getTypeAtPosition: [],
  getSymbolAtPosition: [],
  getAliasedSymbol: [],
  getDeclaredTypeOfSymbol: [],
  getSignaturesOfType: ['getCallSignaturesOfType'],
  getReturnTypeOfSignature: ['getReturnType'],
  getApparentType: [],
  getNonNullableType: [],
  getBaseConstraintOfType: ['getConstraintOfType'],
  getPropertyOfType: [],
  getBaseTypes: ['getBaseTypesOfType'],
  getTypeArguments: ['getTypeArgumentsOfType'],
  isArrayType: [],
  isTupleType: [],
} as const satisfies Record<keyof Checker7, readonly string[]>;

function demand<Name extends string>(
  from: Record<string, number>,
  names: readonly Name[],
): Record<Name, number> {
  const found = names.map((name) => {
    const value = from[name];
    if (value === undefined) throw new Error(`it has no flag ${name}`);
    return [name, value] as const;
  });
  return Object.fromEntries(found) as Record<Name, number>;
}

/** The TypeScript 7 beside shakedown, else the one that the project has. */
function loadModules(root: string): { sync: Module7; syntax: Record<string, number> } {
  let first: unknown;
  for (const from of [import.meta.filename, path.join(root, 'package.json')]) {
    const load = createRequire(from);
    try {
      const { SyntaxKind } = load('typescript/unstable/ast') as { SyntaxKind: Record<string, number> };
      return { sync: load('typescript/unstable/sync') as Module7, syntax: SyntaxKind };
    } catch (error) {
      first ??= error;
    }
  }
  throw first;
}
