/** Lists, the newest first, a bounded page at a time. Used by every route that lists. */

export const PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 200;

export const idSchema = { type: 'integer', minimum: 1, maximum: Number.MAX_SAFE_INTEGER } as const;

export const limitSchema = {
  type: 'integer',
  minimum: 1,
  maximum: MAX_PAGE_SIZE,
  default: PAGE_SIZE,
  description: 'How many at most.',
} as const;

export const pageSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: limitSchema,
    before: { ...idSchema, description: 'Only those with a smaller id: the last id of the page before.' },
  },
} as const;

export interface Page {
  limit: number;
  before?: number | undefined;
}

/** A page of what is at hand in whole. */
export function pageOf<T extends { id: number }>(all: readonly T[], { limit, before = Infinity }: Page): T[] {
  return all
    .filter(({ id }) => id < before)
    .toSorted((a, b) => b.id - a.id)
    .slice(0, limit);
}

/** The schema of an answer with a page of `items` under `name`. */
export function listOf<Name extends string, Item>(name: Name, items: Item, description: string) {
  return {
    description,
    type: 'object',
    additionalProperties: false,
    required: [name],
    properties: { [name]: { type: 'array', maxItems: MAX_PAGE_SIZE, items } } as {
      [K in Name]: { type: 'array'; maxItems: number; items: Item };
    },
  } as const;
}
