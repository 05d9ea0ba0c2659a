/** The `soak.moods` block of the configuration: what a companion can be made to do, and what the service must then say. */
import { z } from 'zod';
import { plainName } from './companions.ts';

/** Subjects and moods stand in paths, pointers and file names. */
const word = z.string().regex(/^[A-Za-z0-9][\w-]*$/, 'a word of letters, digits, _ and -');
const path = z.string().startsWith('/');
const pointer = z.string().regex(/^(\/.*)?$/, "a JSON pointer such as /struck, or ''");

const call = z.strictObject({
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('PUT'),
  /** One of the companion's ports. */
  port: plainName,
  path,
  /** Sent as JSON. */
  body: z.unknown().optional(),
});
export type ControlCall = z.output<typeof call>;

const truth = z
  .strictObject({
    /** Path of the service that says how it sees the subject. Needs no identity. */
    path,
    headers: z.record(z.string(), z.string()).default({}),
    /** JSON pointer to the word, `/exchanges/{subject}/status`; with `where`, to an array. */
    pointer,
    /** Picks the element of the array whose properties have these values: `{ id: '{subject}' }`. */
    where: z.record(z.string(), z.string()).optional(),
    /** The picked element's property that holds the word: `status`. */
    field: z.string().min(1).optional(),
    /** By mood: the words that are true. */
    says: z.record(word, z.array(z.string().min(1)).min(1)),
    /** Longest time until the service says so, from when it was ready and the mood was seen to have struck. */
    withinMs: z.number().positive().default(10_000),
  })
  .refine(({ where, field }) => (where === undefined) === (field === undefined), {
    path: ['field'],
    error: '"where" picks an element and "field" names its property: expected both or neither',
  });
export type TruthConfig = z.output<typeof truth>;

/** `{subject}` and `{mood}` are filled in, in every path, pointer, body and value of `where`. */
export const moods = z.strictObject({
  /** Name of the companion. */
  companion: plainName,
  /** What of it has moods: `luno`, `binance`. */
  subjects: z.array(word).min(1),
  moods: z.array(word).min(1),
  /** Sets one subject's mood. */
  set: call,
  /** Makes every subject well again. */
  reset: call,
  /** Where the companion counts how often the mood has struck since it was set: a number above 0 proves it. */
  struck: z.strictObject({ port: plainName, path, pointer }),
  truth,
  /** Moods in which the service may refuse to start: it exits non-zero by itself and its log names the subject. */
  mayRefuse: z.array(word).default([]),
  /** How long the service is watched after it has told the truth: it stays up, stays ready and goes on telling it. */
  holdMs: z.number().nonnegative().default(500),
});
export type MoodsConfig = z.output<typeof moods>;
