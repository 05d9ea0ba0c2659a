/** Wrapped in a helper: each function with a name hands its work to a function of its own. */
import { ts } from 'ts-morph';
import { applyEdits, hasModifier, nodesBelow, parse, type Edit } from './edits.ts';

type Outlined = (ts.FunctionDeclaration | ts.MethodDeclaration) & { body: ts.Block };

export function outlined(file: string, text: string): string {
  const source = parse(file, text);
  const candidates = nodesBelow(source, (each) => canBeOutlined(each));
  return applyEdits(
    text,
    candidates.map((each) => outlineEdit(each as Outlined, source)),
  );
}

function canBeOutlined(node: ts.Node): boolean {
  if (!ts.isFunctionDeclaration(node) && !ts.isMethodDeclaration(node)) return false;
  if (!node.body || !node.name || node.asteriskToken || node.typeParameters) return false;
  if (!ts.isIdentifier(node.name) && !ts.isPrivateIdentifier(node.name)) return false;
  if (ts.isFunctionDeclaration(node) && !ts.isSourceFile(node.parent)) return false;
  if (ts.isMethodDeclaration(node) && !ts.isClassLike(node.parent)) return false;
  if (ts.canHaveDecorators(node) && ts.getDecorators(node)) return false;
  if (hasModifier(node, ts.SyntaxKind.DefaultKeyword)) return false;
  const simple = node.parameters.every(
    (each) =>
      ts.isIdentifier(each.name) &&
      each.name.text !== 'this' &&
      !each.dotDotDotToken &&
      !each.initializer &&
      !each.modifiers,
  );
  const unfit = (each: ts.Node): boolean =>
    each.kind === ts.SyntaxKind.SuperKeyword || (ts.isIdentifier(each) && each.text === 'arguments');
  return simple && nodesBelow(node, unfit).length === 0;
}

function outlineEdit(node: Outlined, source: ts.SourceFile): Edit {
  const name = node.name?.getText(source) ?? '';
  const inner = `${name}Inside`;
  const isMethod = ts.isMethodDeclaration(node);
  const isStatic = hasModifier(node, ts.SyntaxKind.StaticKeyword);
  const owner = isMethod
    ? isStatic
      ? `${ts.isClassLike(node.parent) ? (node.parent.name?.getText(source) ?? 'this') : 'this'}.`
      : 'this.'
    : '';
  const head = source.text.slice(node.name?.end ?? 0, node.body.getFullStart()).trim();
  const words = (ts.getModifiers(node) ?? []).map((each) => each.getText(source));
  const kept = words.filter(
    (each) => each !== 'export' && each !== 'override' && each !== 'public' && each !== 'protected',
  );
  const args = node.parameters.map((each) => each.name.getText(source)).join(', ');
  const isType = /\.[cm]?tsx?$/.test(source.fileName);
  const hidden =
    isMethod && isType && !name.startsWith('#') && !kept.includes('private') ? ['private', ...kept] : kept;
  const outer = words.filter((each) => each !== 'async');
  const keyword = isMethod ? '' : 'function ';
  const line = (parts: readonly string[]): string => (parts.length > 0 ? `${parts.join(' ')} ` : '');
  return {
    at: node.getStart(source),
    end: node.end,
    text:
      `${line(outer)}${keyword}${name}${head} {\n  return ${owner}${inner}(${args});\n}\n\n` +
      `${line(hidden)}${keyword}${inner}${head} ${node.body.getText(source)}`,
  };
}
