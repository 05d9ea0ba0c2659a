/** The same code written otherwise: another layout, and comments and strings that name calls. */
import { format } from 'prettier';
import { ts } from 'ts-morph';
import { applyEdits, parse } from './edits.ts';

/** Another line width, tabs, no semicolons. */
export function reformatted(file: string, text: string): Promise<string> {
  return format(text, { filepath: file, printWidth: 56, useTabs: true, semi: false, singleQuote: false });
}

/** Comments and strings that name calls, before every top-level statement. */
export function decorated(file: string, text: string): string {
  const source = parse(file, text);
  const edits = source.statements
    .filter((each) => !ts.isImportDeclaration(each))
    .map((each, index) => {
      const at = each.getStart(source);
      const noise =
        `// await app.start(); server.close(); process.on('SIGTERM', shutdown); clearInterval(timer)\n` +
        `const noise${index} = "try { await db.close() } catch {} process.once('SIGINT', stop); setInterval(tick, 1000)";\n`;
      return { at, end: at, text: noise };
    });
  return applyEdits(text, edits);
}
