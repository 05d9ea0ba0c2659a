/** The `resources` block of the configuration: rows that a user adds to the resource catalogue, in the words of its rows. */
import { z } from 'zod';
import { OPENING_PATTERN, RESOURCE_KINDS, type ResourceRow } from '../resource-catalogue/row.ts';

const opening = z
  .string()
  .regex(
    OPENING_PATTERN,
    'a package and what of it is called: "acme-bus connect", "acme-bus Bus", "acme-bus Bus().channel", or the package alone',
  );
const openings = z.array(opening);
const methodName = z.string().regex(/^(@@)?[$\w]+$/, 'the name of a method of the handle: "close"');
const methods = z.array(methodName);

const resourceRow = z.strictObject({
  kind: z.enum(RESOURCE_KINDS),
  /** What a message calls it: `bus connection`. */
  noun: z.string().min(1),
  /** What makes the handle: `package path`; `()` stands for the result of a call or a `new`, `*` for any name. */
  opens: openings.min(1),
  starNames: z.instanceof(RegExp).optional(),
  madeByNew: z.literal(true).optional(),
  knownByType: z.literal(true).optional(),
  /** Methods of the handle that open it, when making it does not. */
  startedBy: methods.optional(),
  startPromises: methods.optional(),
  /** Making the handle gives a promise for it. */
  opensPromise: z.literal(true).optional(),
  startedByOption: z.strictObject({ name: z.string(), position: z.number().int() }).optional(),
  /** Members and methods of the handle that stand for the handle itself. */
  aliases: methods.optional(),
  /** Methods of the handle that release it. */
  closes: methods.min(1),
  closesSync: methods.optional(),
  /** Methods that look like a release and are none, each with what it does. */
  notClosedBy: z.record(methodName, z.string().min(1)).optional(),
  closedBy: openings.optional(),
  closesAll: openings.optional(),
  noHandle: z.literal(true).optional(),
  registry: openings.optional(),
  hooks: methods.optional(),
  ownsArguments: z.literal(true).optional(),
  onlyWithOption: z.union([z.string(), z.array(z.string())]).optional(),
  unlessOption: z.union([z.string(), z.array(z.string())]).optional(),
  onlyHolding: openings.optional(),
  endsWithProcess: z.literal(true).optional(),
  flushedAtNaturalExit: z.literal(true).optional(),
  keptBy: openings.optional(),
  givenBackBy: openings.optional(),
  connectsOnUse: z.literal(true).optional(),
  onlyWhenRearmed: z.literal(true).optional(),
  /** How the release tells that it is done. */
  releaseReturns: z.enum(['sync', 'promise', 'callback']),
  secondRelease: z.enum(['safe', 'throws', 'rejects']).default('safe'),
  waitsWithoutLimit: z.boolean().default(false),
  keepsProcessAlive: z.boolean().default(true),
  /** What the message says to do; left out: to call the first of `closes`. */
  hint: z.string().min(1).optional(),
});

/** Rows in front of the built-in ones: of two that name the same opening, these count. */
export const resources = z
  .array(
    resourceRow
      .superRefine((row, context) => {
        const demand = (holds: boolean, key: string, message: string): void => {
          if (!holds) context.addIssue({ code: 'custom', path: [key], message });
        };
        for (const each of row.closesSync ?? [])
          demand(row.closes.includes(each), 'closesSync', `"${each}" is not among closes`);
        for (const each of row.startPromises ?? [])
          demand(row.startedBy?.includes(each) ?? false, 'startPromises', `"${each}" is not among startedBy`);
        for (const each of Object.keys(row.notClosedBy ?? {}))
          demand(!row.closes.includes(each), 'notClosedBy', `"${each}" is among closes, too`);
        demand(!row.keptBy || row.givenBackBy !== undefined, 'keptBy', 'needs givenBackBy');
      })
      .transform(({ hint, ...row }): ResourceRow => {
        const call = `${row.releaseReturns === 'promise' ? 'await ' : 'call '}${row.closes[0]}()`;
        return { ...withoutUndefined(row), hint: hint ?? call };
      }),
  )
  .default([]);

/** An optional key that was left out is not there at all. */
function withoutUndefined<T extends object>(row: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
