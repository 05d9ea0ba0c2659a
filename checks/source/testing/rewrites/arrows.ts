/** Methods of classes become fields that hold an arrow function. */
import { ts } from 'ts-morph';
import { applyEdits, hasModifier, nodesBelow, parse, type Edit } from './edits.ts';

export function arrowsForMethods(file: string, text: string): string {
  const source = parse(file, text);
  const classes = nodesBelow(source, ts.isClassLike).filter(ts.isClassLike);
  const bases = new Set(classes.flatMap((each) => heritage(each)));
  return applyEdits(
    text,
    classes
      .filter((each) => heritage(each).length === 0 && !(each.name && bases.has(each.name.text)))
      .filter((each) => !ts.canHaveDecorators(each) || ts.getDecorators(each) === undefined)
      .flatMap((each) => editsOf(each, text, source)),
  );
}

function heritage(node: ts.ClassLikeDeclaration): string[] {
  return (node.heritageClauses ?? [])
    .filter((each) => each.token === ts.SyntaxKind.ExtendsKeyword)
    .flatMap((each) => each.types.map((type) => type.expression.getText()));
}

/** The arrows stand first: a field's initial value may call one. */
function editsOf(node: ts.ClassLikeDeclaration, text: string, source: ts.SourceFile): Edit[] {
  const methods = node.members.filter((each): each is ts.MethodDeclaration => isPlain(each));
  const [first] = node.members;
  if (methods.length === 0 || !first) return [];
  const arrows = methods.map((each) => {
    const lead = text.slice(each.getFullStart(), each.getStart(source));
    return lead + arrowText(each, text, source);
  });
  const at = first.getFullStart();
  const insert: Edit = { at, end: at, text: arrows.join('') };
  return [insert, ...methods.map((each) => ({ at: each.getFullStart(), end: each.end, text: '' }))];
}

function isPlain(node: ts.ClassElement): node is ts.MethodDeclaration {
  if (!ts.isMethodDeclaration(node) || !node.body || node.asteriskToken || node.questionToken) return false;
  if (ts.getDecorators(node) !== undefined || hasModifier(node, ts.SyntaxKind.OverrideKeyword)) return false;
  const needsFunction = (each: ts.Node): boolean =>
    each.kind === ts.SyntaxKind.SuperKeyword || (ts.isIdentifier(each) && each.text === 'arguments');
  return nodesBelow(node, needsFunction).length === 0;
}

function arrowText(node: ts.MethodDeclaration, text: string, source: ts.SourceFile): string {
  const modifiers = (ts.getModifiers(node) ?? [])
    .filter((each) => each.kind !== ts.SyntaxKind.AsyncKeyword)
    .map((each) => `${each.getText(source)} `)
    .join('');
  const isAsync = hasModifier(node, ts.SyntaxKind.AsyncKeyword);
  // From the type parameters or the parenthesis to the end of the result's type.
  const head = text.slice(node.name.end, node.body?.getFullStart());
  const body = node.body?.getText(source) ?? '{}';
  return `${modifiers}${node.name.getText(source)} = ${isAsync ? 'async ' : ''}${head.trim()} => ${body};`;
}
