/**
 * What a schema says and does not say: whether it accepts anything, and which properties of a value it looks at.
 * Pure; used by the semantic checks and by `conformance.ts`.
 */
import { follow, isObject, localPointer } from './openapi.ts';
import type { JsonObject, OpenApiDocument } from './openapi.ts';

/** Keywords that say something to a reader and demand nothing of a value. */
const ANNOTATIONS = new Set(
  'title description example examples default deprecated nullable readOnly writeOnly xml externalDocs discriminator $comment $id $anchor $schema'.split(
    ' ',
  ),
);

/** Whether every value is valid: `{}`, `true`, annotations only, and combinations of those. */
export function isEmptySchema(document: OpenApiDocument, schema: unknown, depth = 0): boolean {
  if (schema === true) return true;
  if (!isObject(schema) || depth > 16) return false;
  const demands = Object.keys(schema).filter((key) => !ANNOTATIONS.has(key) && !key.startsWith('x-'));
  return demands.every((key) => {
    const value = schema[key];
    const empty = (part: unknown) => isEmptySchema(document, part, depth + 1);
    if (key === '$ref') return typeof value === 'string' && empty(target(document, value));
    if (key === 'allOf') return Array.isArray(value) && value.every(empty);
    if (key === 'anyOf') return Array.isArray(value) && value.some(empty);
    if (key === 'oneOf') return Array.isArray(value) && value.length === 1 && value.every(empty);
    return false;
  });
}

function target(document: OpenApiDocument, reference: string): unknown {
  const pointer = localPointer(reference);
  return pointer === undefined ? undefined : follow(document, pointer)?.value;
}

/** All schemas that speak about the same value: the schema, what it refers to and what it is combined of. */
export function schemasOf(document: OpenApiDocument, schema: unknown): JsonObject[] {
  const found = new Set<JsonObject>();
  const queue: unknown[] = [schema];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (!isObject(next) || found.has(next)) continue;
    found.add(next);
    if (typeof next['$ref'] === 'string') queue.push(target(document, next['$ref']));
    for (const key of ['allOf', 'anyOf', 'oneOf']) if (Array.isArray(next[key])) queue.push(...next[key]);
    for (const key of ['then', 'else']) queue.push(next[key] ?? null);
  }
  return [...found];
}

/** How far a schema looks into a value. */
export interface Coverage {
  /** Properties of the value, at every depth, for which the schema demands something. */
  validated: number;
  /** Properties of the value that are reached at all. */
  total: number;
  /** Those that the schema does not look at, as paths: `/user/debug`. */
  unseen: string[];
  /** Items of lists, at every depth, that are no objects and for which the schema demands something. */
  items: number;
  /** Properties that are empty lists: nothing was seen of what stands in them. */
  emptyLists: string[];
}

/** Counts the properties of a value that a schema looks at. */
export function coverageOf(document: OpenApiDocument, schema: unknown, value: unknown): Coverage {
  const coverage: Coverage = { validated: 0, total: 0, unseen: [], items: 0, emptyLists: [] };
  visit(document, schemasOf(document, schema), value, '', coverage);
  return coverage;
}

function visit(
  document: OpenApiDocument,
  schemas: JsonObject[],
  value: unknown,
  path: string,
  coverage: Coverage,
): void {
  if (Array.isArray(value)) {
    if (value.length === 0 && path !== '') coverage.emptyLists.push(path);
    for (const [index, item] of value.entries()) {
      const forItem = schemas.flatMap((schema) =>
        schemasOf(document, schema['prefixItems'] === undefined ? schema['items'] : itemAt(schema, index)),
      );
      if (!isObject(item) && !Array.isArray(item) && forItem.some((found) => !isEmptySchema(document, found)))
        coverage.items += 1;
      visit(document, forItem, item, `${path}/${index}`, coverage);
    }
    return;
  }
  if (!isObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    const forKey = schemas
      .flatMap((schema) => propertySchemas(schema, key))
      .filter((found) => !isEmptySchema(document, found));
    coverage.total += 1;
    if (forKey.length === 0) coverage.unseen.push(`${path}/${key}`);
    else coverage.validated += 1;
    const inner = forKey.flatMap((found) => schemasOf(document, found));
    if (inner.length > 0) visit(document, inner, item, `${path}/${key}`, coverage);
  }
}

function itemAt(schema: JsonObject, index: number): unknown {
  const prefix = schema['prefixItems'];
  return Array.isArray(prefix) && index < prefix.length ? prefix[index] : schema['items'];
}

function propertySchemas(schema: JsonObject, key: string): unknown[] {
  const { properties, patternProperties, additionalProperties } = schema;
  const found: unknown[] = isObject(properties) && Object.hasOwn(properties, key) ? [properties[key]] : [];
  for (const [pattern, value] of Object.entries(isObject(patternProperties) ? patternProperties : {})) {
    if (matches(pattern, key)) found.push(value);
  }
  return found.length > 0 || !isObject(additionalProperties) ? found : [additionalProperties];
}

function matches(pattern: string, key: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(key);
  } catch {
    // An unusable pattern covers nothing; the validator itself reports it.
    return false;
  }
}

/** Whether a schema lets through nothing but an empty object or list. */
export function demandsEmptiness(document: OpenApiDocument, schema: unknown): boolean {
  return schemasOf(document, schema).some(
    (one) =>
      one['maxItems'] === 0 ||
      one['maxProperties'] === 0 ||
      (one['additionalProperties'] === false &&
        !hasNames(one['properties']) &&
        !hasNames(one['patternProperties'])),
  );
}

/** Whether a schema would look at the properties or items of a value that had some. */
export function saysMore(document: OpenApiDocument, schema: unknown): boolean {
  return schemasOf(document, schema).some(
    ({ properties, patternProperties, additionalProperties, items }) => {
      const inner = [items, additionalProperties].filter(
        (part) => isObject(part) && !isEmptySchema(document, part),
      );
      return inner.length > 0 || hasNames(properties) || hasNames(patternProperties);
    },
  );
}

function hasNames(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length > 0;
}
