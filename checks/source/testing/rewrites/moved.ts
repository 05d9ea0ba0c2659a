/** Functions, classes and types that depend on no variable of the module move to a file of their own. */
import { ts } from 'ts-morph';
import { applyEdits, bindFile, hasModifier, nodesBelow } from './edits.ts';

/** The name of the file that takes what moves. */
export const movedName = (file: string): string => file.replace(/(\.[cm]?[jt]sx?)$/, '-moved$1');

/** @returns the two files, or nothing when there is nothing that could move. */
export function moved(file: string, text: string): Map<string, string> | undefined {
  const { source, checker } = bindFile(file, text);
  if (!source.statements.some(ts.isImportDeclaration)) return undefined;
  const own = movable(source, checker);
  const values = own.filter((each) => !isTypeOnly(each));
  if (values.length === 0) return undefined;
  const imports = source.statements.filter(ts.isImportDeclaration);
  const cut = (each: ts.Statement): string => text.slice(each.getFullStart(), each.end);
  const other = [
    ...imports.map((each) => each.getText(source)),
    ...own.map((each) => {
      const lead = text.slice(each.getFullStart(), each.getStart(source));
      const body = each.getText(source);
      return `${lead}${hasModifier(each, ts.SyntaxKind.ExportKeyword) ? '' : 'export '}${body}`;
    }),
  ].join('\n');
  const name = (each: ts.Statement): string => (each as ts.FunctionDeclaration).name?.text ?? '';
  const words = own.map((each) => (isTypeOnly(each) ? `type ${name(each)}` : name(each)));
  const at = imports.at(-1)?.end ?? 0;
  const line = `\nimport { ${words.join(', ')} } from './${movedName(file)}';`;
  const again = own.filter((each) => hasModifier(each, ts.SyntaxKind.ExportKeyword)).map(name);
  const tail = again.length > 0 ? `\nexport { ${again.join(', ')} };\n` : '';
  const rest = applyEdits(text, [
    { at, end: at, text: line },
    ...own.map((each) => ({
      at: each.getFullStart(),
      end: each.getFullStart() + cut(each).length,
      text: '',
    })),
  ]);
  return new Map([
    [file, rest + tail],
    [movedName(file), `${other}\n`],
  ]);
}

const isTypeOnly = (node: ts.Statement): boolean =>
  ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);

function isCandidate(node: ts.Statement): boolean {
  if (hasModifier(node, ts.SyntaxKind.DefaultKeyword)) return false;
  const named = (ts.isFunctionDeclaration(node) && node.body) || ts.isClassDeclaration(node);
  return (named !== undefined && named !== false) || isTypeOnly(node);
}

/** The largest set of declarations that refer to imports, to what the platform gives, and to each other. */
function movable(source: ts.SourceFile, checker: ts.TypeChecker): ts.Statement[] {
  const chosen = new Set(source.statements.filter(isCandidate));
  const uses = new Map([...chosen].map((each) => [each, topLevelUses(each, source, checker)]));
  for (let changed = true; changed;) {
    changed = false;
    for (const each of chosen)
      if ([...(uses.get(each) ?? [])].some((used) => !chosen.has(used) && !ts.isImportDeclaration(used))) {
        chosen.delete(each);
        changed = true;
      }
  }
  return [...chosen];
}

/** Statements of the file that declare what a statement names. */
function topLevelUses(node: ts.Statement, source: ts.SourceFile, checker: ts.TypeChecker): Set<ts.Statement> {
  const found = new Set<ts.Statement>();
  for (const name of nodesBelow(node, ts.isIdentifier)) {
    const symbol = ts.isShorthandPropertyAssignment(name.parent)
      ? checker.getShorthandAssignmentValueSymbol(name.parent)
      : checker.getSymbolAtLocation(name);
    for (const declaration of symbol?.declarations ?? []) {
      if (declaration.getSourceFile() !== source) continue;
      const top = topOf(declaration);
      // A member of something else says nothing of where its owner stands.
      if (top && top !== node && isDeclaredBy(declaration, top)) found.add(top);
    }
  }
  return found;
}

function topOf(node: ts.Node): ts.Statement | undefined {
  let at = node;
  while (at.parent && !ts.isSourceFile(at.parent)) at = at.parent;
  return at.parent ? (at as ts.Statement) : undefined;
}

const isDeclaredBy = (declaration: ts.Node, top: ts.Statement): boolean =>
  !ts.isClassElement(declaration) &&
  !ts.isTypeElement(declaration) &&
  (ts.isVariableStatement(top) || top === declaration || ts.isImportDeclaration(top));
