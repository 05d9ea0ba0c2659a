/**
 * The TypeScript 6 back end of the oracle: the compiler inside ts-morph, without ts-morph's wrappers. Made by the oracle
 * when the first question comes.
 */
import { getLibFiles } from '@ts-morph/common';
import { ts } from 'ts-morph';
import { KNOWN_BY_TYPE, oracleOptions } from './options.ts';
import {
  firstOf,
  LANGUAGE,
  moduleOfFile,
  moduleOfName,
  type ClassName,
  type DeclarationPlace,
  type TypeKind,
  type Types,
  type TypesInput,
} from './types.ts';

const LIBRARY = '/node_modules/typescript/lib/';

/** A program of some files and what they import; also what fixes are made and judged with. */
export function createProgram6(input: TypesInput): ts.Program {
  const options = oracleOptions(input.options, input.root);
  return ts.createProgram({ rootNames: [...input.files], options, host: createHost(input, options) });
}

export function createTypes6(input: TypesInput): Types<ts.Type> {
  const program = createProgram6(input);
  const checker = program.getTypeChecker();
  return {
    sourceOf: (file) => program.getSourceFile(file),
    typeOf: (node) => checker.getTypeAtLocation(node),
    kindOf,
    partsOf: (type) => (type.isUnionOrIntersection() ? type.types : []),
    textOf: (type) => (type.isStringLiteral() ? type.value : ''),
    constraintOf: (type) => type.getConstraint(),
    apparentOf: (type) => checker.getApparentType(type),
    nonNullableOf: (type) => checker.getNonNullableType(type),
    hasProperty: (type, name) => checker.getPropertyOfType(type, name) !== undefined,
    returnsOf: (type) => type.getCallSignatures().map((each) => checker.getReturnTypeOfSignature(each)),
    elementsOf: (type) =>
      checker.isArrayType(type) || checker.isTupleType(type)
        ? checker.getTypeArguments(type as ts.TypeReference)
        : [],
    basesOf: (type) => basesOf(checker, type),
    classOf,
    isOfLanguage: (type, name) => {
      const symbol = type.getSymbol();
      return (
        symbol?.name === name &&
        (symbol.declarations ?? []).some((each) => program.isSourceFileDefaultLibrary(each.getSourceFile()))
      );
    },
    declarationOf: (node) => declarationOf(checker, node),
    end: () => undefined,
  };
}

function kindOf(type: ts.Type): TypeKind {
  const { flags } = type;
  if (flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return 'open';
  if (flags & ts.TypeFlags.Union) return 'union';
  if (flags & ts.TypeFlags.Intersection) return 'intersection';
  if (flags & ts.TypeFlags.TypeParameter) return 'parameter';
  if (flags & ts.TypeFlags.Instantiable) return 'deferred';
  return flags & ts.TypeFlags.StringLiteral ? 'text' : 'other';
}

function basesOf(checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] {
  const symbol = type.getSymbol();
  if (!symbol || !(symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface))) return [];
  return checker.getBaseTypes(checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType);
}

function classOf(type: ts.Type): ClassName | undefined {
  const symbol = type.getSymbol();
  const declaration = symbol?.declarations?.[0];
  return symbol && declaration && { from: moduleOf(declaration), name: symbol.name };
}

/** The module that declares a type: `node:http` for what Node's types declare, a package's name, or a file. */
function moduleOf(declaration: ts.Declaration): string {
  for (let node: ts.Node = declaration; node.parent; node = node.parent)
    if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name)) return moduleOfName(node.name.text);
  const { fileName } = declaration.getSourceFile();
  return fileName.startsWith(LIBRARY) ? LANGUAGE : moduleOfFile(fileName);
}

function declarationOf(checker: ts.TypeChecker, node: ts.Node): DeclarationPlace | undefined {
  if (!ts.isIdentifier(node) && !ts.isPrivateIdentifier(node)) return undefined;
  let symbol = checker.getSymbolAtLocation(node);
  if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
  const declarations = symbol?.declarations ?? [];
  if (declarations[0]?.getSourceFile().fileName.startsWith(LIBRARY)) return { file: LANGUAGE, start: 0 };
  return firstOf(
    declarations.map((each) => {
      const source = each.getSourceFile();
      return { file: source.fileName, start: each.getStart(source) };
    }),
  );
}

/** Serves the library files that ts-morph carries, and leaves out what the catalogue knows by itself. */
function createHost({ root, texts }: TypesInput, options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const library = new Map(getLibFiles().map((each) => [LIBRARY + each.fileName, each.text]));
  const cache = ts.createModuleResolutionCache(root, (name) => host.getCanonicalFileName(name), options);
  const readSource = host.getSourceFile.bind(host);
  const fileExists = host.fileExists.bind(host);
  return Object.assign(host, {
    jsDocParsingMode: ts.JSDocParsingMode.ParseForTypeErrors,
    getCurrentDirectory: () => root,
    getDefaultLibLocation: () => LIBRARY,
    getDefaultLibFileName: (each: ts.CompilerOptions) => LIBRARY + ts.getDefaultLibFileName(each),
    fileExists: (file: string) => library.has(file) || fileExists(file),
    getSourceFile: (file, version, onError, create) => {
      const text = library.get(file) ?? texts?.get(file);
      return text === undefined
        ? readSource(file, version, onError, create)
        : ts.createSourceFile(file, text, version);
    },
    resolveModuleNameLiterals: (literals, from, redirected, _options, source) =>
      literals.map((each) => {
        if (KNOWN_BY_TYPE.has(each.text)) return { resolvedModule: undefined };
        const mode = ts.getModeForUsageLocation(source, each, options);
        return ts.resolveModuleName(each.text, from, options, host, cache, redirected, mode);
      }),
  } satisfies Partial<ts.CompilerHost>);
}
