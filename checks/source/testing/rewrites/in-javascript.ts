/** The same program in JavaScript: types, interfaces and annotations are gone, comments stay on their lines. */
import { ts } from 'ts-morph';

export const javaScriptName = (file: string): string =>
  file
    .replace(/\.mts$/, '.mjs')
    .replace(/\.cts$/, '.cjs')
    .replace(/\.tsx?$/, '.js');

export function inJavaScript(file: string, text: string): string {
  const { outputText } = ts.transpileModule(text, {
    fileName: file,
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      removeComments: false,
      verbatimModuleSyntax: true,
      useDefineForClassFields: true,
    },
  });
  return outputText.replace(
    /(from\s+|import\s*\(?\s*)(['"])(\.{1,2}\/[^'"]+)\2/g,
    (_all, lead, quote, path) => `${lead}${quote}${javaScriptName(path)}${quote}`,
  );
}
