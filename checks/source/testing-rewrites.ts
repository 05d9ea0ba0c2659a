/** Rewrites of a source text that must not change a finding. Used by the conformance test only. */
import { format } from 'prettier';
import { ts } from 'ts-morph';

/** Another line width, tabs, no semicolons. */
export function reformatted(file: string, text: string): Promise<string> {
  return format(text, { filepath: file, printWidth: 56, useTabs: true, semi: false, singleQuote: false });
}

/** Comments and strings that name calls, before every top-level statement. */
export function decorated(file: string, text: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const starts = source.statements.map((each) => each.getStart(source));
  let out = text;
  starts.reverse().forEach((start, index) => {
    const noise =
      `// await app.start(); server.close(); process.on('SIGTERM', shutdown); clearInterval(timer)\n` +
      `const noise${index} = "try { await db.close() } catch {} process.once('SIGINT', stop); setInterval(tick, 1000)";\n`;
    if (!isImport(source, start)) out = out.slice(0, start) + noise + out.slice(start);
  });
  return out;
}

const isImport = (source: ts.SourceFile, start: number): boolean =>
  source.statements.some((each) => each.getStart(source) === start && ts.isImportDeclaration(each));

/** Every name that the file itself declares gets another one; names of members stay. */
export function renamed(file: string, text: string): string {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const host: ts.CompilerHost = {
    getSourceFile: (name) => (name === file ? source : undefined),
    writeFile: () => undefined,
    getDefaultLibFileName: () => 'lib.d.ts',
    getCurrentDirectory: () => '/',
    getCanonicalFileName: (name) => name,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => '\n',
    fileExists: (name) => name === file,
    readFile: () => undefined,
  };
  const program = ts.createProgram(
    [file],
    { noLib: true, noResolve: true, allowJs: true, target: ts.ScriptTarget.ESNext, types: [] },
    host,
  );
  const edits = collectEdits(source, program.getTypeChecker());
  return edits
    .sort((a, b) => b.at - a.at)
    .reduce((out, each) => out.slice(0, each.at) + each.text + out.slice(each.end), text);
}

interface Edit {
  at: number;
  end: number;
  text: string;
}

function collectEdits(source: ts.SourceFile, checker: ts.TypeChecker): Edit[] {
  const names = new Map<ts.Symbol, string>();
  const edits: Edit[] = [];
  const newName = (symbol: ts.Symbol | undefined): string | undefined => {
    if (!symbol?.declarations?.length || !symbol.declarations.every((each) => isLocal(each, source)))
      return undefined;
    const known = names.get(symbol) ?? `renamed${names.size}`;
    names.set(symbol, known);
    return known;
  };
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const edit = editOf(node, checker, newName);
      if (edit !== undefined) edits.push({ at: node.getStart(source), end: node.end, text: edit });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return edits;
}

function isLocal(node: ts.Declaration, source: ts.SourceFile): boolean {
  if (node.getSourceFile() !== source) return false;
  if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent)) return false;
  return (
    ts.isVariableDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isClassDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isImportSpecifier(node) ||
    ts.isImportClause(node) ||
    ts.isNamespaceImport(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node)
  );
}

function editOf(
  node: ts.Identifier,
  checker: ts.TypeChecker,
  newName: (symbol: ts.Symbol | undefined) => string | undefined,
): string | undefined {
  const { parent } = node;
  if (ts.isShorthandPropertyAssignment(parent)) {
    const name = newName(checker.getShorthandAssignmentValueSymbol(parent));
    return name && `${node.text}: ${name}`;
  }
  if (ts.isBindingElement(parent) && parent.propertyName === node) return undefined;
  if (ts.isImportSpecifier(parent) && parent.propertyName === node) return undefined;
  const name = newName(checker.getSymbolAtLocation(node));
  if (name === undefined) return undefined;
  if (
    ts.isBindingElement(parent) &&
    parent.name === node &&
    ts.isObjectBindingPattern(parent.parent) &&
    !parent.propertyName &&
    !parent.dotDotDotToken
  )
    return `${node.text}: ${name}`;
  if (ts.isImportSpecifier(parent) && !parent.propertyName) return `${node.text} as ${name}`;
  return name;
}
