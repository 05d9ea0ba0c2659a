/** The TypeScript type of a JSON schema: what a handler is given and must return follows from what the document says. */
import type { FastifyTypeProvider } from 'fastify';
import type { problemSchema } from '../problems.ts';
import type { auditEntrySchema } from './audit-schema.ts';
import type { botSchema, ledgerTransactionSchema, orderSchema, positionSchema } from './trading-schemas.ts';
import type { userSchema } from './user-schema.ts';

/** For `app.withTypeProvider<SchemaTypes>()`. */
export interface SchemaTypes extends FastifyTypeProvider {
  validator: TypeOf<this['schema']>;
  serializer: TypeOf<this['schema']>;
}

/** The schemas that have a name. */
interface Named {
  'Problem#': typeof problemSchema;
  'User#': typeof userSchema;
  'Bot#': typeof botSchema;
  'Order#': typeof orderSchema;
  'Position#': typeof positionSchema;
  'LedgerTransaction#': typeof ledgerTransactionSchema;
  'AuditEntry#': typeof auditEntrySchema;
}

export type TypeOf<S> = S extends { $ref: infer Name extends keyof Named }
  ? TypeOf<Named[Name]>
  : S extends { enum: readonly (infer Value)[] }
    ? Value
    : S extends { type: readonly (infer Type)[] }
      ? Basic<Type, S>
      : S extends { type: infer Type }
        ? Basic<Type, S>
        : unknown;

type Basic<Type, S> = Type extends 'string'
  ? string
  : Type extends 'integer' | 'number'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends 'null'
        ? null
        : Type extends 'array'
          ? List<S>
          : Type extends 'object'
            ? Members<S>
            : unknown;

type List<S> = S extends { items: infer Item } ? TypeOf<Item>[] : unknown[];

type Members<S> = S extends { properties: infer P }
  ? { [K in keyof P & Required<S>]: TypeOf<P[K]> } & { [K in Exclude<keyof P, Required<S>>]?: TypeOf<P[K]> }
  : Record<string, unknown>;

/** Those that are required, and those that have a default. */
type Required<S> =
  | (S extends { required: readonly (infer K)[] } ? K : never)
  | (S extends { properties: infer P }
      ? { [K in keyof P]: P[K] extends { default: unknown } ? K : never }[keyof P]
      : never);
