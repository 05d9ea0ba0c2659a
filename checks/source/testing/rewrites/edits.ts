/** Edits of a source text, and the syntax and symbols of one file by itself. Used by the rewrites. */
import { ts } from 'ts-morph';

export interface Edit {
  at: number;
  end: number;
  text: string;
}

/** Applies edits that do not overlap; of two that nest, the outer one counts. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  const outer = edits.filter((each) => !edits.some((one) => one !== each && holds(one, each)));
  return [...outer]
    .sort((a, b) => b.at - a.at || b.end - a.end)
    .reduce((out, each) => out.slice(0, each.at) + each.text + out.slice(each.end), text);
}

/** An insertion at the edge of another edit stands beside it. */
function holds(outer: Edit, inner: Edit): boolean {
  if (inner.at === inner.end) return outer.at < inner.at && inner.end < outer.end;
  return outer.at <= inner.at && outer.end >= inner.end && outer.end - outer.at > inner.end - inner.at;
}

export function parse(file: string, text: string): ts.SourceFile {
  return ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
}

/** The file's own symbols; what it imports is not looked at. */
export function bindFile(file: string, text: string): { source: ts.SourceFile; checker: ts.TypeChecker } {
  const source = parse(file, text);
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
  const options = { noLib: true, noResolve: true, allowJs: true, target: ts.ScriptTarget.ESNext, types: [] };
  return { source, checker: ts.createProgram([file], options, host).getTypeChecker() };
}

/** All nodes below a node for which `found` holds; functions inside are entered only when `into` says so. */
export function nodesBelow(
  root: ts.Node,
  found: (node: ts.Node) => boolean,
  into: (node: ts.Node) => boolean = () => true,
): ts.Node[] {
  const out: ts.Node[] = [];
  const visit = (node: ts.Node): void => {
    if (found(node)) out.push(node);
    if (into(node)) ts.forEachChild(node, visit);
  };
  ts.forEachChild(root, visit);
  return out;
}

export const hasModifier = (node: ts.Node, kind: ts.SyntaxKind): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((each) => each.kind === kind) ?? false);
