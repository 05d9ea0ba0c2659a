/** The texts of the sources, without facts and without a compiler. Used by whoever looks for words only. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DECLARATION, NOT_A_ROOT, SKIPPED_FOLDERS, SOURCE } from './source-names.ts';

/** All that can be read below a folder; what cannot is said by the analysis of the sources. */
export function sourceTexts(root: string, exclude: readonly string[]): { text: string }[] {
  const isLeftOut = (name: string): boolean =>
    exclude.some((each) => path.matchesGlob(name, each) || name.startsWith(`${each.replace(/\/$/, '')}/`));
  const below = (folder: string): string[] =>
    entriesOf(folder).flatMap((each) => {
      const full = path.join(folder, each.name);
      if (each.isDirectory())
        return SKIPPED_FOLDERS.has(each.name) || each.name.startsWith('.') ? [] : below(full);
      const inRoot = path.relative(root, full).split(path.sep).join('/');
      const isSource = SOURCE.test(each.name) && !DECLARATION.test(each.name) && !NOT_A_ROOT.test(inRoot);
      return isSource && !isLeftOut(inRoot) ? [full] : [];
    });
  return below(root).flatMap((file) => {
    try {
      return [{ text: readFileSync(file, 'utf8') }];
    } catch {
      return []; // the analysis of the sources reports it
    }
  });
}

function entriesOf(folder: string) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // the analysis of the sources reports it
  }
}
