/**
 * The TypeScript 7 back end of the oracle: TypeScript 7's own interface, which talks to a process of its own. Files are
 * parsed here, for the places of calls; types are asked for by place. Made by the oracle when the first question comes.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ts } from 'ts-morph';
import { asJson, NOT_LOADED, oracleOptions } from './options.ts';
import {
  openApi7,
  type Api7,
  type NodeHandle7,
  type Program7,
  type Symbol7,
  type Type7,
} from './typescript7-api.ts';
import { createNodes7, type Nodes7 } from './typescript7-nodes.ts';
import {
  LANGUAGE,
  moduleOfFile,
  moduleOfName,
  type ClassName,
  type TypeKind,
  type Types,
  type TypesInput,
} from './types.ts';

/** @throws when TypeScript 7 is not installed, or is one that is not known here. */
export function createTypes7(input: TypesInput): Types<Type7> {
  const folder = mkdtempSync(path.join(tmpdir(), 'shakedown-types-'));
  const config = path.join(folder, 'tsconfig.json');
  const notLoaded = path.join(folder, 'not-loaded.d.ts');
  writeFileSync(notLoaded, NOT_LOADED);
  const compilerOptions = asJson(oracleOptions(input.options, input.root), input.root, notLoaded);
  writeFileSync(config, JSON.stringify({ compilerOptions, files: input.files }));
  let api: Api7 | undefined;
  const end = (): void => {
    api?.close();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    api = openApi7(input.root);
    const program = api.open(config);
    const types = typesOf(api, program, createNodes7(api, program), end);
    return {
      ...types,
      declarationOf: (node) => {
        const found = types.declarationOf(node);
        return found?.file === notLoaded ? undefined : found;
      },
    };
  } catch (error) {
    end();
    throw error;
  }
}

function typesOf(api: Api7, program: Program7, nodes: Nodes7, end: () => void): Types<Type7> {
  const { checker } = program;
  const symbols = symbolsOf(api, program);
  const files = new Set(program.fileNames);
  const parsed = new Map<string, ts.SourceFile>();
  const known = new Map<ts.Node, Type7 | undefined>();
  const kindOf = (type: Type7): TypeKind => kindOfFlags(api.typeFlags, type.flags);
  return {
    sourceOf: (file) => {
      if (!files.has(file)) return undefined;
      const source = parsed.get(file) ?? parse(file);
      parsed.set(file, source);
      return source;
    },
    typeOf: (node) => {
      if (!known.has(node)) known.set(node, nodes.typeOf(node));
      return known.get(node);
    },
    prepare: (source, asked) => {
      for (const [node, type] of asked.length > 1 ? nodes.typesOf(source, asked) : []) known.set(node, type);
    },
    kindOf,
    partsOf: (type) => type.getTypes?.() ?? [],
    textOf: (type) => String(type.value),
    constraintOf: (type) => checker.getBaseConstraintOfType(type),
    apparentOf: (type) => checker.getApparentType(type) ?? type,
    nonNullableOf: (type) => checker.getNonNullableType(type) ?? type,
    hasProperty: (type, name) => checker.getPropertyOfType(type, name) !== undefined,
    returnsOf: (type) =>
      checker.getSignaturesOfType(type, api.callSignature).flatMap((each) => {
        const given = checker.getReturnTypeOfSignature(each);
        return given ? [given] : [];
      }),
    elementsOf: (type) =>
      (type.flags & api.typeFlags.Object) !== 0 && (checker.isArrayType(type) || checker.isTupleType(type))
        ? checker.getTypeArguments(type)
        : [],
    ...symbols,
    declarationOf: (node) => nodes.declarationOf(node),
    end,
  };
}

/** What is read off the symbol of a type. */
function symbolsOf(api: Api7, program: Program7): Pick<Types<Type7>, 'basesOf' | 'classOf' | 'isOfLanguage'> {
  const { checker } = program;
  return {
    basesOf: (type) => {
      const symbol = type.getSymbol();
      if (!symbol || !program.isClassOrInterface(symbol)) return [];
      return checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol));
    },
    classOf: (type): ClassName | undefined => {
      const symbol = type.getSymbol();
      const [declaration] = symbol?.declarations ?? [];
      if (!symbol || !declaration) return undefined;
      if (program.isOfLanguage(declaration.path)) return { from: LANGUAGE, name: symbol.name };
      const from = moduleAround(api, symbol, declaration) ?? moduleOfFile(declaration.path);
      return { from, name: symbol.name };
    },
    isOfLanguage: (type, name) => {
      const symbol = type.getSymbol();
      return symbol?.name === name && symbol.declarations.some((each) => program.isOfLanguage(each.path));
    },
  };
}

/** The `declare module` that a declaration stands in. */
function moduleAround(api: Api7, symbol: Symbol7, declaration: NodeHandle7): string | undefined {
  for (let outer = symbol.getParent(); outer; outer = outer.getParent()) {
    const quoted = /^"(.*)"$/.exec(outer.name)?.[1];
    if (quoted !== undefined) return path.isAbsolute(quoted) ? undefined : moduleOfName(quoted);
  }
  // What is declared as global inside of a module has no parent that says so: the tree does.
  const { ModuleDeclaration, StringLiteral } = api.syntaxKinds;
  for (let node = declaration.resolve(); node; node = node.parent)
    if (node.kind === ModuleDeclaration && node.name?.kind === StringLiteral)
      return moduleOfName(node.name?.text ?? '');
  return undefined;
}

function kindOfFlags(names: Api7['typeFlags'], flags: number): TypeKind {
  if (flags & (names.Any | names.Unknown)) return 'open';
  if (flags & names.Union) return 'union';
  if (flags & names.Intersection) return 'intersection';
  if (flags & names.TypeParameter) return 'parameter';
  if (flags & names.Instantiable) return 'deferred';
  return flags & names.StringLiteral ? 'text' : 'other';
}

/** With parents: the file of a node is found by them. */
function parse(file: string): ts.SourceFile {
  const text = readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  const jsDocParsingMode = ts.JSDocParsingMode.ParseNone;
  return ts.createSourceFile(file, text, { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode }, true);
}
