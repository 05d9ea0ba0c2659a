/**
 * Reads one file into facts. Pure: text in, facts out. Called by the facts cache.
 */
import { ts } from 'ts-morph';
import { bind, load, name, type Context } from './context.ts';
import { readAllows } from './read-allows.ts';
import { FACTS_VERSION, type ExportFact, type FileFacts, type FunctionFact } from './model.ts';
import { readBlock } from './read-statement.ts';
import { childScope, hoistedNames, lookUp, namesOf } from './scope.ts';

/** The facts of a file; `path` decides only between TypeScript, JavaScript and JSX. */
export function extractFacts(path: string, text: string): FileFacts {
  const source = ts.createSourceFile(
    path,
    text,
    { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone },
    // Who stands above a node is never asked.
    false,
  );
  const module: FunctionFact = {
    id: 0,
    name: '(module)',
    kind: 'module',
    isAsync: false,
    isGenerator: false,
    params: [],
    body: [],
    at: 0,
    end: source.end,
  };
  const facts: FileFacts = {
    version: FACTS_VERSION,
    lineStarts: [...source.getLineStarts()],
    bindings: [],
    functions: [module],
    classes: [],
    imports: [],
    exports: [],
    loads: [],
    specifiers: [],
    allows: [],
    errors: syntaxErrors(source),
  };
  const context: Context = {
    source,
    facts,
    scope: childScope(undefined),
    fn: module,
    path: [],
    next: { id: 0, depth: 0 },
  };
  facts.allows = readAllows(source);
  for (const statement of source.statements) readImports(context, statement);
  for (const name of hoistedNames(source)) bind(context, name, 'variable');
  module.body = readBlock(context, source.statements);
  for (const statement of source.statements) readExports(context, statement);
  return facts;
}

function syntaxErrors(source: ts.SourceFile): FileFacts['errors'] {
  const found =
    (source as unknown as { parseDiagnostics?: ts.DiagnosticWithLocation[] }).parseDiagnostics ?? [];
  return found.map((each) => {
    const { line, character } = source.getLineAndCharacterOfPosition(each.start);
    return {
      line: line + 1,
      column: character + 1,
      message: ts.flattenDiagnosticMessageText(each.messageText, ' '),
    };
  });
}

function readImports(context: Context, node: ts.Statement): void {
  if (ts.isImportEqualsDeclaration(node)) {
    const reference = node.moduleReference;
    if (!ts.isExternalModuleReference(reference) || !ts.isStringLiteralLike(reference.expression)) return;
    load(context, reference.expression.text);
    context.facts.imports.push({
      b: bind(context, node.name, 'import'),
      from: reference.expression.text,
      name: '*',
    });
    return;
  }
  if (!ts.isImportDeclaration(node) || !ts.isStringLiteral(node.moduleSpecifier)) return;
  const from = node.moduleSpecifier.text;
  name(context, from);
  const clause = node.importClause;
  const named = clause?.namedBindings;
  const add = (name: ts.Identifier, exported: string): void => {
    context.facts.imports.push({ b: bind(context, name, 'import'), from, name: exported });
  };
  if (clause?.name) add(clause.name, 'default');
  if (named && ts.isNamespaceImport(named)) add(named.name, '*');
  if (named && ts.isNamedImports(named))
    for (const each of named.elements) add(each.name, (each.propertyName ?? each.name).text);
  const typesOnly =
    clause?.phaseModifier === ts.SyntaxKind.TypeKeyword ||
    (named !== undefined &&
      ts.isNamedImports(named) &&
      !clause?.name &&
      named.elements.length > 0 &&
      named.elements.every((each) => each.isTypeOnly));
  if (!typesOnly) load(context, from);
}

function readExports(context: Context, node: ts.Statement): void {
  const { facts, scope } = context;
  const exportName = (name: ts.Identifier): void => {
    const b = lookUp(scope, name.text);
    if (b !== undefined) facts.exports.push({ name: name.text, v: { k: 'ref', b } });
  };
  if (ts.isExportDeclaration(node)) facts.exports.push(...readExportDeclaration(context, node));
  else if (
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some((each) => each.kind === ts.SyntaxKind.ExportKeyword)
  ) {
    const isDefault = ts.getModifiers(node)?.some((each) => each.kind === ts.SyntaxKind.DefaultKeyword);
    if (ts.isVariableStatement(node))
      for (const each of node.declarationList.declarations) namesOf(each.name).forEach(exportName);
    else if ((ts.isFunctionDeclaration(node) || ts.isClassDeclaration(node)) && node.name && !isDefault)
      exportName(node.name);
  }
}

function readExportDeclaration(context: Context, node: ts.ExportDeclaration): ExportFact[] {
  const specifier = node.moduleSpecifier;
  const from = specifier && ts.isStringLiteral(specifier) ? specifier.text : undefined;
  if (from !== undefined) name(context, from);
  if (node.isTypeOnly) return [];
  if (from !== undefined) load(context, from);
  const clause = node.exportClause;
  if (!clause) return from === undefined ? [] : [{ name: '*', from }];
  if (ts.isNamespaceExport(clause))
    return from === undefined ? [] : [{ name: clause.name.text, from, of: '*' }];
  return clause.elements.flatMap((each): ExportFact[] => {
    if (each.isTypeOnly) return [];
    const of = (each.propertyName ?? each.name).text;
    if (from !== undefined) return [{ name: each.name.text, from, of }];
    const b = lookUp(context.scope, of);
    return b === undefined ? [] : [{ name: each.name.text, v: { k: 'ref', b } }];
  });
}
