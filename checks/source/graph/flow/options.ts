/** Options that are written at a call: what a row of the catalogue asks of an opening. */
import type { Value } from '../../facts/model.ts';
import type { Site } from './program.ts';

/** An option is given and not turned off, as `name` or `name=value`; `@address`: an address is given. */
export function hasOption(site: Site, option: string): boolean {
  if (option === '@address') return site.call.a[0] !== undefined && isAddress(site.call.a[0]);
  const [name = '', wanted] = option.split('=');
  return site.call.a.some(
    (each) =>
      each.k === 'object' && each.props.some(([key, value]) => key === name && isGiven(value, wanted)),
  );
}

/** The argument at a position is given and not turned off. */
export const hasArgument = (site: Site, position: number): boolean => {
  const given = site.call.a[position];
  return given !== undefined && isGiven(given, undefined);
};

function isGiven(value: Value, wanted: string | undefined): boolean {
  if (wanted === undefined) return !(value.k === 'none' || (value.k === 'constant' && isOffText(value.text)));
  return (value.k === 'text' && value.t === wanted) || (value.k === 'constant' && value.text === wanted);
}

const isOffText = (text: string): boolean => text === 'false' || text === 'null';

/** A text, or a variable of the environment. */
function isAddress(value: Value): boolean {
  if (value.k === 'text' || (value.k === 'operands' && value.texts !== undefined)) return true;
  if (value.k === 'choice') return value.vs.some(isAddress);
  return (
    value.k === 'member' &&
    value.o.k === 'member' &&
    value.o.p === 'env' &&
    value.o.o.k === 'global' &&
    value.o.o.name === 'process'
  );
}
