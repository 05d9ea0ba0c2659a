/**
 * Scopes while the facts of a file are extracted: names become bindings here, and nowhere else.
 * Used by the extractor.
 */
import { ts } from 'ts-morph';
import type { BindingFact } from './model.ts';

export interface Scope {
  names: Map<string, number>;
  parent: Scope | undefined;
}

export function childScope(parent: Scope | undefined): Scope {
  return { names: new Map(), parent };
}

export function lookUp(scope: Scope, name: string): number | undefined {
  for (let each: Scope | undefined = scope; each; each = each.parent) {
    const found = each.names.get(name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Declares a name; a second declaration of the same name in the same scope (`var`, overloads) is the same binding. */
export function declare(scope: Scope, bindings: BindingFact[], fact: BindingFact): number {
  const known = scope.names.get(fact.name);
  if (known !== undefined) return known;
  bindings.push(fact);
  scope.names.set(fact.name, bindings.length - 1);
  return bindings.length - 1;
}

/** The identifiers that a declaration name introduces, patterns included. */
export function namesOf(name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) => (ts.isBindingElement(element) ? namesOf(element.name) : []));
}

const isVar = (list: ts.VariableDeclarationList) => (list.flags & ts.NodeFlags.BlockScoped) === 0;

/** Identifiers that `var` declares anywhere in a function's body, nested functions left out. */
export function hoistedNames(body: ts.Node): ts.Identifier[] {
  const found: ts.Identifier[] = [];
  const visit = (node: ts.Node): void => {
    // No `var` stands inside an expression, except in a function.
    if (ts.isExpression(node) || ts.isFunctionLike(node) || ts.isClassLike(node)) return;
    if (ts.isVariableDeclarationList(node) && isVar(node))
      for (const each of node.declarations) found.push(...namesOf(each.name));
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(body, visit);
  return found;
}

/** Identifiers that a list of statements declares in its own block, with what they are. */
export function blockNames(
  statements: readonly ts.Statement[],
): { name: ts.Identifier; kind: BindingFact['kind'] }[] {
  const found: { name: ts.Identifier; kind: BindingFact['kind'] }[] = [];
  for (const statement of statements) {
    if (ts.isFunctionDeclaration(statement) && statement.name && statement.body)
      found.push({ name: statement.name, kind: 'function' });
    else if (ts.isClassDeclaration(statement) && statement.name)
      found.push({ name: statement.name, kind: 'class' });
    else if (ts.isEnumDeclaration(statement)) found.push({ name: statement.name, kind: 'variable' });
    else if (ts.isVariableStatement(statement) && !isVar(statement.declarationList))
      for (const each of statement.declarationList.declarations)
        for (const name of namesOf(each.name)) found.push({ name, kind: 'variable' });
  }
  return found;
}
