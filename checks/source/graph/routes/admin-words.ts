/** The words for admins in code. Used where it matters what a test asks. */
import { eachValue } from '../../facts/walk.ts';
import type { Value } from '../../facts/model.ts';

const ADMIN_WORD = /^(super[-_ ]?)?admin(istrator)?s?$/i;
export const ADMIN_FIELD = /^is_?(super_?)?admin$/i;

/** The role of an admin as a text, or the mark of one. */
export const namesAdmin = (value: Value): boolean =>
  (value.k === 'text' && ADMIN_WORD.test(value.t)) || (value.k === 'member' && ADMIN_FIELD.test(value.p));

/** Somewhere in an expression. */
export const asksAdmin = (value: Value): boolean => [...eachValue(value)].some(namesAdmin);
