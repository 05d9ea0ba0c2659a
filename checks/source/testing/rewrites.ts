/** Rewrites of a fixture that must not change a finding. Used by the conformance test of rewrites. */
import { arrowsForMethods } from './rewrites/arrows.ts';
import { chained } from './rewrites/chained.ts';
import { inJavaScript, javaScriptName } from './rewrites/in-javascript.ts';
import { moved } from './rewrites/moved.ts';
import { outlined } from './rewrites/outlined.ts';
import { renamed } from './rewrites/renamed.ts';
import { reordered } from './rewrites/reordered.ts';
import { decorated, reformatted } from './rewrites/written-otherwise.ts';
import type { Fixture } from './rule-fixtures.ts';

type Rewritten = Pick<Fixture, 'files' | 'entry'>;
/** @returns nothing where there is nothing to rewrite. */
export type Rewrite = (fixture: Fixture) => Promise<Rewritten | undefined>;

const isCode = (name: string): boolean => /\.[cm]?[jt]sx?$/.test(name);

/** Rewrites each file of code by itself. */
function each(rewrite: (file: string, text: string) => string | Promise<string>): Rewrite {
  return async (fixture) => {
    let changed = false;
    const files = new Map<string, string>();
    for (const [name, text] of fixture.files) {
      const after = isCode(name) ? await rewrite(name, text) : text;
      changed ||= after !== text;
      files.set(name, after);
    }
    return changed ? { files, entry: fixture.entry } : undefined;
  };
}

/** A file that others import keeps the names that they import. */
const alone =
  (rewrite: Rewrite): Rewrite =>
  (fixture) =>
    fixture.files.size === 1 ? rewrite(fixture) : Promise.resolve(undefined);

const toJavaScript: Rewrite = (fixture) => {
  if (![...fixture.files.keys()].some((name) => /\.[cm]?tsx?$/.test(name))) return Promise.resolve(undefined);
  const files = [...fixture.files].map(([name, text]): [string, string] =>
    /\.[cm]?tsx?$/.test(name) ? [javaScriptName(name), inJavaScript(name, text)] : [name, text],
  );
  return Promise.resolve({ files: new Map(files), entry: javaScriptName(fixture.entry) });
};

const toAnotherFile: Rewrite = ({ files, entry }) => {
  const apart = moved(entry, files.get(entry) ?? '');
  return Promise.resolve(apart && { files: apart, entry });
};

export const REWRITES: Readonly<Record<string, Rewrite>> = {
  reformatted: each(reformatted),
  decorated: each(decorated),
  renamed: alone(each(renamed)),
  reordered: each(reordered),
  outlined: each(outlined),
  moved: alone(toAnotherFile),
  'in JavaScript': toJavaScript,
  'arrows for methods': each(arrowsForMethods),
  chained: each(chained),
};
