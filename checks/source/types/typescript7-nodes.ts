/**
 * From a node that was parsed here to what the TypeScript 7 process says of the same place. A name is asked for by its
 * position; any other expression by the node of the process's own tree, which is fetched when the first one needs it.
 */
import { ts } from 'ts-morph';
import type { Api7, Node7, Program7, Symbol7, Type7 } from './typescript7-api.ts';
import { firstOf, LANGUAGE, type DeclarationPlace } from './types.ts';

export interface Nodes7 {
  typeOf(node: ts.Node): Type7 | undefined;
  /** The types of many nodes of one file in one question; of those that have a name. */
  typesOf(source: ts.SourceFile, nodes: readonly ts.Node[]): ReadonlyMap<ts.Node, Type7 | undefined>;
  declarationOf(node: ts.Node): DeclarationPlace | undefined;
}

export function createNodes7(api: Api7, program: Program7): Nodes7 {
  const kinds = sameKinds(api.syntaxKinds);
  const trees = new Map<string, ReadonlyMap<string, Node7>>();
  const treeOf = (file: string): ReadonlyMap<string, Node7> => {
    const known = trees.get(file) ?? indexTree(program.fileOf(file));
    trees.set(file, known);
    return known;
  };
  const { checker } = program;
  return {
    typeOf: (node) => {
      const source = sourceOf(node);
      const name = nameOf(node);
      if (name) return checker.getTypeAtPosition(source.fileName, name.getStart(source));
      const same = treeOf(source.fileName).get(placeOf(kinds.get(node.kind), node.pos, node.end));
      return same && checker.getTypeAtLocation(same);
    },
    typesOf: (source, nodes) => {
      const named = nodes.filter((each) => nameOf(each) !== undefined);
      if (named.length === 0) return new Map();
      const places = named.map((each) => (nameOf(each) ?? each).getStart(source));
      const found = checker.getTypeAtPosition(source.fileName, places);
      return new Map(named.map((each, index) => [each, found[index]]));
    },
    declarationOf: (node) => {
      // Only a name refers to something; at the start of any other expression stands a name of its own.
      if (!ts.isIdentifier(node) && !ts.isPrivateIdentifier(node)) return undefined;
      const source = sourceOf(node);
      const found = checker.getSymbolAtPosition(source.fileName, node.getStart(source));
      return found && placeOfSymbol(program, found);
    },
  };
}

function placeOfSymbol(program: Program7, found: Symbol7): DeclarationPlace | undefined {
  const symbol = program.isAlias(found) ? program.checker.getAliasedSymbol(found) : found;
  const [first] = symbol.declarations;
  if (first && program.isOfLanguage(first.path)) return { file: LANGUAGE, start: 0 };
  return firstOf(
    symbol.declarations.flatMap((handle) => {
      const node = handle.resolve();
      return node ? [{ file: handle.path, start: node.getStart?.() ?? node.pos }] : [];
    }),
  );
}

/** The name whose type is that of the expression: its own, or that of the member. */
function nameOf(node: ts.Node): ts.Node | undefined {
  if (ts.isIdentifier(node)) return node;
  // A private name by itself has no type there.
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.name) || node.name.text === '')
    return undefined;
  return node.name;
}

const sourceOf = (node: ts.Node): ts.SourceFile => {
  let top = node;
  while (!ts.isSourceFile(top)) top = top.parent;
  return top;
};

const placeOf = (kind: number | undefined, pos: number, end: number): string => `${kind}:${pos}:${end}`;

function indexTree(root: Node7 | undefined): ReadonlyMap<string, Node7> {
  const found = new Map<string, Node7>();
  const visit = (node: Node7): undefined => {
    found.set(placeOf(node.kind, node.pos, node.end), node);
    node.forEachChild(visit);
  };
  if (root) visit(root);
  return found;
}

/** Kinds of nodes have other numbers there, and the same names. */
function sameKinds(theirs: Readonly<Record<string, number>>): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const [name, kind] of Object.entries(ts.SyntaxKind)) {
    const same = theirs[name];
    if (typeof kind === 'number' && same !== undefined && !found.has(kind)) found.set(kind, same);
  }
  return found;
}
