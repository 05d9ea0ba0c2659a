/** Every name that the file itself declares gets another one; names of members stay. */
import { ts } from 'ts-morph';
import { applyEdits, bindFile, type Edit } from './edits.ts';

export function renamed(file: string, text: string): string {
  const { source, checker } = bindFile(file, text);
  return applyEdits(text, collectEdits(source, checker));
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
