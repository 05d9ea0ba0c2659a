/** How long PM2 lets an app stop: `kill_timeout`, 1.6 s when it says nothing. Reads its configuration as syntax, runs nothing. */
import type { ts as TS } from 'ts-morph';
import type { GivenUnit } from '../../source/given.ts';
import { typescript } from '../../typescript.ts';
import type { DeploymentFile } from '../files/find-files.ts';

const DEFAULT_KILL_MS = 1600;
const KEY = 'kill_timeout';

export function pm2Stops(file: DeploymentFile): GivenUnit[] {
  if (/\.ya?ml$/.test(file.path)) return [];
  const ts = typescript();
  const kind = file.path.endsWith('.json') ? ts.ScriptKind.JSON : ts.ScriptKind.JS;
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true, kind);
  return appsOf(source).flatMap((app) => stopOf(file, source, app));
}

/** The objects that say what is run: they have a `script` (or `exec`), wherever they stand. */
function appsOf(source: TS.SourceFile): TS.ObjectLiteralExpression[] {
  const ts = typescript();
  const found: TS.ObjectLiteralExpression[] = [];
  const visit = (node: TS.Node): void => {
    if (ts.isObjectLiteralExpression(node) && propertyOf(node, 'script') !== undefined) found.push(node);
    else ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function stopOf(file: DeploymentFile, source: TS.SourceFile, app: TS.ObjectLiteralExpression): GivenUnit[] {
  const ts = typescript();
  const place = (node: TS.Node): GivenUnit['location'] => {
    const { line, character } = source.getLineAndCharacterOfPosition(node.getStart(source));
    return { file: file.path, line: line + 1, column: character + 1 };
  };
  const written = propertyOf(app, KEY);
  if (written === undefined) {
    // A spread may bring it.
    if (app.properties.some(ts.isSpreadAssignment)) return [];
    return [
      { location: place(app), words: `PM2's default kill_timeout (1.6 s)`, stopWithinMs: DEFAULT_KILL_MS },
    ];
  }
  const value = written.initializer;
  if (!ts.isNumericLiteral(value)) return [];
  const stopWithinMs = Number(value.text);
  return [{ location: place(written), words: `${KEY}: ${value.text}`, stopWithinMs }];
}

function propertyOf(node: TS.ObjectLiteralExpression, name: string): TS.PropertyAssignment | undefined {
  const ts = typescript();
  return node.properties.find(
    (each): each is TS.PropertyAssignment =>
      ts.isPropertyAssignment(each) &&
      (ts.isIdentifier(each.name) || ts.isStringLiteral(each.name)) &&
      each.name.text === name,
  );
}
