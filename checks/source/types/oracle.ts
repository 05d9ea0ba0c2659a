/**
 * The type oracle: the few questions that facts cannot answer, put to the TypeScript checker. The program is made when
 * the first question is asked. Created by the source stage, asked by the rules.
 */
import path from 'node:path';
import { Project, ts, type ResolutionHostFactory } from 'ts-morph';
import { RESOURCE_CATALOGUE } from '../../../harness/resource-catalogue.ts';

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
  classOf(question: TypeQuestion): { from: string; name: string } | undefined;
  /** The texts that the first argument of a call can be; `undefined` when its type is no union of texts. */
  firstTexts(question: TypeQuestion): string[] | undefined;
  /** Questions without an answer so far. */
  unresolved(): number;
  /** Whether the program was made, and what it found missing: said once in the summary. */
  notes(): string[];
}

export interface OracleInput {
  projectRoot: string;
  files: string[];
  options: ts.CompilerOptions;
}

/** An oracle over the files of a project. */
export function createOracle(input: OracleInput): TypeOracle {
  let made: ts.TypeChecker | undefined;
  let program: ts.Program | undefined;
  const promiseTypes = new Map<ts.Type, boolean | undefined>();
  const answers = new Map<string, boolean | undefined>();
  let unanswered = 0;

  const checker = (): ts.TypeChecker => {
    program ??= createProgram(input);
    made ??= program.getTypeChecker();
    return made;
  };

  const callAt = (question: TypeQuestion): ts.CallExpression | undefined => {
    checker();
    const source = program?.getSourceFile(path.resolve(input.projectRoot, question.file));
    return source && findCall(source, source, question);
  };

  const isPromiseType = (type: ts.Type): boolean | undefined => {
    if (!promiseTypes.has(type)) promiseTypes.set(type, promiseLike(checker(), type));
    return promiseTypes.get(type);
  };

  return {
    isPromise(question) {
      const key = `${question.file}:${question.start}:${question.end}`;
      if (answers.has(key)) return answers.get(key);
      const call = callAt(question);
      // The callee's own return type answers all but generic calls, and costs far less than the type of the call.
      const [signature] = call ? checker().getTypeAtLocation(call.expression).getCallSignatures() : [];
      const answer = signature && isPromiseType(signature.getReturnType());
      if (answer === undefined) unanswered += 1;
      answers.set(key, answer);
      return answer;
    },
    classOf(question) {
      const call = callAt(question);
      const found = call && ownerOf(checker(), call);
      if (!found) unanswered += 1;
      return found;
    },
    firstTexts(question) {
      const [first] = callAt(question)?.arguments ?? [];
      return first && textsOf(checker().getTypeAtLocation(first));
    },
    unresolved: () => unanswered,
    notes: () => (program ? missingNotes(program) : []),
  };
}

/** The texts of a type that is a text or a union of texts. */
function textsOf(type: ts.Type): string[] | undefined {
  const members = type.isUnion() ? type.types : [type];
  const texts = members.flatMap((each) => (each.isStringLiteral() ? [each.value] : []));
  return texts.length > 0 && texts.length === members.length ? texts : undefined;
}

/** A program of the project's files and what they import, for questions only. */
function createProgram(input: OracleInput): ts.Program {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    ...input.options,
    allowJs: true,
    noEmit: true,
    skipLibCheck: true,
    noResolve: false,
    allowImportingTsExtensions: true,
  };
  delete options.composite;
  delete options.incremental;
  // Through ts-morph, which brings the library files of its own TypeScript.
  const project = new Project({
    compilerOptions: options,
    skipAddingFilesFromTsConfig: true,
    skipFileDependencyResolution: true,
    resolutionHost: leaveOutKnown,
  });
  for (const each of input.files) project.addSourceFileAtPathIfExists(each);
  return project.getProgram().compilerObject;
}

/**
 * Packages whose handles the catalogue knows without types are not loaded: those of ccxt alone (a file for each exchange)
 * take longer than everything else together. A call on one of their members has no answer.
 */
const leaveOutKnown: ResolutionHostFactory = (host, options) => ({
  resolveModuleNames: (names, from) =>
    names.map((name) =>
      KNOWN_BY_TYPE.has(name) ? undefined : ts.resolveModuleName(name, from, options(), host).resolvedModule,
    ),
});

const KNOWN_BY_TYPE = new Set(
  RESOURCE_CATALOGUE.flatMap((row) =>
    row.knownByType ? row.opens.map((each) => each.split(/[ /]/)[0] ?? '') : [],
  ),
);

/** What declares the thing that a method is called on. */
function ownerOf(
  checker: ts.TypeChecker,
  call: ts.CallExpression,
): { from: string; name: string } | undefined {
  if (!ts.isPropertyAccessExpression(call.expression)) return undefined;
  const type = checker.getNonNullableType(checker.getTypeAtLocation(call.expression.expression));
  const symbol = checker.getApparentType(type).getSymbol();
  const declaration = symbol?.declarations?.[0];
  return symbol && declaration && { from: moduleOf(declaration), name: symbol.name };
}

function promiseLike(checker: ts.TypeChecker, type: ts.Type): boolean | undefined {
  if ((type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) !== 0) return undefined;
  if (type.isUnion()) {
    const parts = type.types.map((each) => promiseLike(checker, each));
    return parts.includes(true) ? true : parts.includes(undefined) ? undefined : false;
  }
  const then = checker.getPropertyOfType(checker.getApparentType(type), 'then');
  return then !== undefined;
}

function findCall(
  source: ts.SourceFile,
  node: ts.Node,
  question: TypeQuestion,
): ts.CallExpression | undefined {
  if (ts.isCallExpression(node) && node.getStart(source) === question.start && node.end === question.end)
    return node;
  return ts.forEachChild(node, (child) =>
    child.pos <= question.start && child.end >= question.end ? findCall(source, child, question) : undefined,
  );
}

/** The module that declares a type: `node:http` for what Node's types declare, a package's name, or a file. */
function moduleOf(declaration: ts.Declaration): string {
  for (let node: ts.Node = declaration; node.parent; node = node.parent)
    if (ts.isModuleDeclaration(node) && ts.isStringLiteral(node.name))
      return node.name.text.startsWith('node:') ? node.name.text : `node:${node.name.text}`;
  const file = declaration.getSourceFile().fileName;
  const inPackage = /node_modules\/(?:@types\/)?((?:@[^/]+\/)?[^/]+)\//.exec(file);
  return inPackage?.[1] ?? path.basename(file);
}

/** Packages that are imported and whose types are not there. */
function missingNotes(program: ts.Program): string[] {
  const missing = new Set<string>();
  for (const source of program.getSourceFiles()) {
    if (source.isDeclarationFile) continue;
    for (const each of ts.preProcessFile(source.text, true, true).importedFiles)
      if (!each.fileName.startsWith('.') && !each.fileName.startsWith('node:')) {
        const found = ts.resolveModuleName(
          each.fileName,
          source.fileName,
          program.getCompilerOptions(),
          ts.sys,
        );
        if (!found.resolvedModule) missing.add(each.fileName);
      }
  }
  if (missing.size === 0) return [];
  const named = [...missing].slice(0, 5).join(', ');
  return [
    `types missing for ${missing.size} imported modules (${named}${missing.size > 5 ? ', ...' : ''}); these are judged by the catalogue alone`,
  ];
}
