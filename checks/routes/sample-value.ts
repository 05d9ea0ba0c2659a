/**
 * A small value that a schema accepts: from its examples where it has some, else generated.
 * Pure and always the same for the same schema; used by `calls.ts`, which validates what comes out.
 */
import { follow, isObject, localPointer } from './openapi.ts';
import type { JsonObject, OpenApiDocument } from './openapi.ts';

/** A value and whether the document itself gave it. */
export interface Sample {
  value: unknown;
  from: 'example' | 'default' | 'enum' | 'generated';
}

const MAX_DEPTH = 12;

/** `undefined` when no value can be made: endless recursion, an unknown reference, `false`. */
export function sampleOf(document: OpenApiDocument, schema: unknown, depth = 0): Sample | undefined {
  if (depth > MAX_DEPTH || schema === false) return undefined;
  if (schema === true || schema === undefined) return { value: 'sample', from: 'generated' };
  if (!isObject(schema)) return undefined;
  if (typeof schema['$ref'] === 'string') {
    const pointer = localPointer(schema['$ref']);
    const target = pointer === undefined ? undefined : follow(document, pointer);
    return target === undefined ? undefined : sampleOf(document, target.value, depth + 1);
  }
  return givenSample(schema) ?? generateSample(document, schema, depth);
}

/** What the document says: `example`, `examples`, `default`, `const`, `enum`. */
export function givenSample(holder: JsonObject): Sample | undefined {
  if (holder['example'] !== undefined) return { value: holder['example'], from: 'example' };
  const { examples } = holder;
  if (Array.isArray(examples) && examples.length > 0) return { value: examples[0], from: 'example' };
  if (isObject(examples)) {
    for (const example of Object.values(examples)) {
      if (isObject(example) && 'value' in example) return { value: example['value'], from: 'example' };
    }
  }
  if (holder['default'] !== undefined) return { value: holder['default'], from: 'default' };
  if (holder['const'] !== undefined) return { value: holder['const'], from: 'enum' };
  const values = holder['enum'];
  return Array.isArray(values) && values.length > 0 ? { value: values[0], from: 'enum' } : undefined;
}

function generateSample(document: OpenApiDocument, schema: JsonObject, depth: number): Sample | undefined {
  const merged = mergeAllOf(document, schema, depth);
  for (const key of ['oneOf', 'anyOf']) {
    const branches = merged[key];
    if (!Array.isArray(branches)) continue;
    const { [key]: _, ...rest } = merged;
    for (const branch of branches) {
      const sample = sampleOf(
        document,
        isObject(branch) ? mergeSchemas(rest, deref(document, branch)) : branch,
        depth + 1,
      );
      if (sample !== undefined) return sample;
    }
    return undefined;
  }
  const value = generateByType(document, merged, depth);
  return value === undefined ? undefined : { value, from: 'generated' };
}

function generateByType(document: OpenApiDocument, schema: JsonObject, depth: number): unknown {
  const types: unknown = schema['type'];
  const type: unknown = Array.isArray(types)
    ? (types.find((name) => name !== 'null') ?? 'null')
    : (types ?? impliedType(schema));
  switch (type) {
    case 'string':
      return sampleString(schema);
    case 'integer':
    case 'number':
      return sampleNumber(schema, type === 'integer');
    case 'boolean':
      return true;
    case 'null':
      return null;
    case 'array':
      return sampleArray(document, schema, depth);
    case 'object':
      return sampleObject(document, schema, depth);
    default:
      return undefined;
  }
}

function impliedType(schema: JsonObject): string {
  if ('properties' in schema || 'required' in schema || 'additionalProperties' in schema) return 'object';
  if ('items' in schema || 'minItems' in schema) return 'array';
  if ('minimum' in schema || 'maximum' in schema) return 'number';
  return 'string';
}

/** Only what is required, without what only the server sets. */
function sampleObject(document: OpenApiDocument, schema: JsonObject, depth: number): JsonObject | undefined {
  const { properties, required } = schema;
  const made: JsonObject = {};
  for (const name of Array.isArray(required) ? required : []) {
    if (typeof name !== 'string') return undefined;
    const property = isObject(properties) ? properties[name] : undefined;
    if (isObject(property) && property['readOnly'] === true) continue;
    const sample = sampleOf(document, property, depth + 1);
    if (sample === undefined) return undefined;
    made[name] = sample.value;
  }
  return made;
}

function sampleArray(document: OpenApiDocument, schema: JsonObject, depth: number): unknown[] | undefined {
  const count = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0;
  if (count === 0) return [];
  const item = sampleOf(document, schema['items'], depth + 1);
  return item === undefined || count > 100 ? undefined : Array.from({ length: count }, () => item.value);
}

function sampleNumber(schema: JsonObject, whole: boolean): number {
  const limit = (key: string) => (typeof schema[key] === 'number' ? schema[key] : undefined);
  const step = limit('multipleOf') ?? (whole ? 1 : 0);
  const above =
    limit('exclusiveMinimum') ?? (schema['exclusiveMinimum'] === true ? limit('minimum') : undefined);
  const below =
    limit('exclusiveMaximum') ?? (schema['exclusiveMaximum'] === true ? limit('maximum') : undefined);
  const least =
    above === undefined ? limit('minimum') : above + (step || Math.max(Math.abs(above) * 1e-6, 1e-6));
  const most =
    below === undefined ? limit('maximum') : below - (step || Math.max(Math.abs(below) * 1e-6, 1e-6));
  const wanted = Math.min(Math.max(1, least ?? 1), most ?? Infinity);
  if (step === 0) return wanted;
  const up = Math.ceil(wanted / step) * step;
  return most !== undefined && up > most ? Math.floor(most / step) * step : up;
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  'date-time': '2024-01-01T00:00:00Z',
  date: '2024-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'person@example.com',
  'idn-email': 'person@example.com',
  hostname: 'example.com',
  ipv4: '127.0.0.1',
  ipv6: '::1',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  'uri-reference': '/sample',
  uuid: '00000000-0000-4000-8000-000000000000',
  byte: 'c2FtcGxl',
  regex: 'sample',
  'json-pointer': '/sample',
};

/** Tried in turn where a pattern is demanded: enough for identifiers, codes and pairs. */
const PATTERN_CANDIDATES = [
  'sample',
  'Sample1',
  'SAMPLE',
  '1',
  '10',
  '1.5',
  'a',
  'A',
  'AB',
  'ABC',
  'BTC/USDT',
  'XBTZAR',
  '2024-01-01',
  '#000000',
  'a1b2c3d4',
];

function sampleString(schema: JsonObject): string | undefined {
  const least = typeof schema['minLength'] === 'number' ? schema['minLength'] : 0;
  const most = typeof schema['maxLength'] === 'number' ? schema['maxLength'] : Infinity;
  if (least > 10_000) return undefined;
  const { format, pattern } = schema;
  if (typeof pattern === 'string') {
    const matcher = patternOf(pattern);
    const fits = (text: string) =>
      matcher?.test(text) === true && text.length >= least && text.length <= most;
    const stretched = PATTERN_CANDIDATES.map((text) => text.padEnd(least, text.at(-1)));
    return [...PATTERN_CANDIDATES, ...stretched].find(fits);
  }
  const plain = (typeof format === 'string' ? BY_FORMAT[format] : undefined) ?? 'sample';
  return format === undefined ? plain.padEnd(least, 'x').slice(0, Math.min(most, 10_000)) : plain;
}

function patternOf(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    // Nothing can be made for a pattern that does not compile; the call is then reported as not buildable.
    return undefined;
  }
}

function deref(document: OpenApiDocument, schema: JsonObject): JsonObject {
  const pointer = typeof schema['$ref'] === 'string' ? localPointer(schema['$ref']) : undefined;
  const target = pointer === undefined ? undefined : follow(document, pointer)?.value;
  return isObject(target) ? target : schema;
}

function mergeAllOf(document: OpenApiDocument, schema: JsonObject, depth: number): JsonObject {
  const { allOf, ...rest } = schema;
  if (!Array.isArray(allOf) || depth > MAX_DEPTH) return schema;
  let merged: JsonObject = rest;
  for (const part of allOf) {
    if (isObject(part)) merged = mergeSchemas(merged, mergeAllOf(document, deref(document, part), depth + 1));
  }
  return merged;
}

function mergeSchemas(one: JsonObject, other: JsonObject): JsonObject {
  const names = (schema: JsonObject): unknown[] =>
    Array.isArray(schema['required']) ? schema['required'] : [];
  const required = [...new Set([...names(one), ...names(other)])];
  const properties = {
    ...(isObject(one['properties']) ? one['properties'] : {}),
    ...(isObject(other['properties']) ? other['properties'] : {}),
  };
  return {
    ...one,
    ...other,
    ...(required.length === 0 ? {} : { required }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  };
}
