/** What words of a script stand for, as far as its own assignments say it. Pure. */
import { forEachChild, type SyntaxNode } from 'unbash';
import { descendants, type Source } from './source.ts';

/** Values of variables that are assigned plain words; one that is assigned twice has its last. */
export function readVariables(source: Source): ReadonlyMap<string, string> {
  const values = known.get(source) ?? variablesOf(source);
  known.set(source, values);
  return values;
}

/** Asked for each step again. */
const known = new WeakMap<Source, ReadonlyMap<string, string>>();

function variablesOf(source: Source): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const node of descendants(source.tree as SyntaxNode, forEachChild))
    if (node.type === 'Assignment' && node.value.type === 'Word') values.set(node.name, node.value.value);
  return values;
}

const VARIABLE = /\$\{(\w+)(?::?[-=]([^}]*))?\}|\$(\w+)/g;

/** A text with the variables in it replaced by what the script assigns to them; others stay as they are written. */
export function expand(text: string, values: ReadonlyMap<string, string>, depth = 0): string {
  if (depth > 8 || !text.includes('$')) return text;
  return text.replace(VARIABLE, (whole, braced?: string, fallback?: string, plain?: string) => {
    const name = braced ?? plain ?? '';
    const value = values.get(name) ?? fallback;
    // `X=${X:-y}` names itself.
    if (value === undefined || value === whole) return whole;
    const self = new RegExp(`\\$\\{?${name}\\b`).test(value);
    return self ? (/:?[-=]([^}]*)\}/.exec(value)?.[1] ?? whole) : expand(value, values, depth + 1);
  });
}
