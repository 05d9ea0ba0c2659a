/**
 * Validates values against schemas of an OpenAPI document, addressed by JSON pointer.
 * Pure; used by `conformance.ts` for answers and by `calls.ts` for what it generates.
 */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { errorText } from '../../harness/errors.ts';
import { follow, isObject } from './openapi.ts';
import type { JsonObject, OpenApiDocument } from './openapi.ts';

/** Never fetched: schemas need an absolute name to refer to. */
const DOCUMENT_ID = 'https://document.invalid/openapi.json';

export type Validation =
  | { judged: true; valid: true }
  | { judged: true; valid: false; errors: ValidationError[] }
  /** The schema itself cannot be used. */
  | { judged: false; reason: string };

export interface ValidationError {
  /** `/items/0/price must be number` */
  text: string;
  /** The value that was wrong. */
  value: unknown;
}

/** In which direction a value travels: `writeOnly` properties are not required of answers, `readOnly` ones not of requests. */
export type Direction = 'request' | 'response';

export interface SchemaValidator {
  /** What is wrong with a schema itself; `undefined` when it can be used. */
  fault(pointer: string): string | undefined;
  validate(pointer: string, value: unknown): Validation;
}

export function createSchemaValidator(document: OpenApiDocument, direction: Direction): SchemaValidator {
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    verbose: true,
    logger: false,
    validateSchema: false,
    inlineRefs: false,
  });
  addFormats.default(ajv);
  // References with braces in them are no URIs to the letter, and resolve all the same: formats are not asked for.
  const grammar = new Ajv2020({ strict: false, logger: false, validateFormats: false });
  const version30 = typeof document['openapi'] === 'string' && document['openapi'].startsWith('3.0');
  const schemas = translate(
    document,
    { version30, hidden: direction === 'response' ? 'writeOnly' : 'readOnly' },
    true,
  );
  let broken: string | undefined;
  try {
    ajv.addSchema({ ...(isObject(schemas) ? schemas : {}), $id: DOCUMENT_ID });
  } catch (error) {
    broken = errorText(error);
  }
  const compiled = new Map<string, ValidateFunction | string>();
  const compileOnce = (pointer: string): ValidateFunction | string => {
    const known = broken ?? compiled.get(pointer) ?? compile(ajv, pointer);
    compiled.set(pointer, known);
    return known;
  };
  return {
    fault(pointer) {
      const schema = isObject(schemas) ? follow(schemas, pointer)?.value : undefined;
      // What the translation moved is judged where it is used.
      if (schema === undefined) return undefined;
      const known = grammarFault(grammar, schema) ?? compileOnce(pointer);
      return typeof known === 'string' ? known : undefined;
    },
    validate(pointer, value) {
      const known = compileOnce(pointer);
      if (typeof known === 'string') return { judged: false, reason: known };
      if (known(value)) return { judged: true, valid: true };
      return { judged: true, valid: false, errors: (known.errors ?? []).map(describeError) };
    },
  };
}

/** Whether a schema is one to the letter of JSON Schema 2020-12. */
function grammarFault(grammar: Ajv2020, schema: unknown): string | undefined {
  if (typeof schema !== 'boolean' && !isObject(schema)) return 'it is neither an object nor a boolean';
  if (grammar.validateSchema(schema) === true) return undefined;
  const [error] = grammar.errors ?? [];
  return error === undefined
    ? 'it is no JSON Schema'
    : `${error.instancePath} ${error.message ?? error.keyword}`;
}

function compile(ajv: Ajv2020, pointer: string): ValidateFunction | string {
  const fragment = pointer.split('/').map(encodeURIComponent).join('/');
  try {
    return ajv.compile({ $ref: `${DOCUMENT_ID}#${fragment}` });
  } catch (error) {
    return errorText(error);
  }
}

function describeError(error: ErrorObject): ValidationError {
  const { params } = error;
  const extra: unknown =
    params['additionalProperty'] ?? params['unevaluatedProperty'] ?? params['allowedValues'];
  const detail = extra === undefined ? '' : ` (${typeof extra === 'string' ? extra : JSON.stringify(extra)})`;
  return {
    text: `${error.instancePath || '/'} ${error.message ?? error.keyword}${detail}`,
    value: error.data,
  };
}

interface Dialect {
  version30: boolean;
  hidden: 'readOnly' | 'writeOnly';
}

const MAPS = new Set([
  'properties',
  'patternProperties',
  'schemas',
  '$defs',
  'definitions',
  'dependentSchemas',
]);

/**
 * The document with its schemas in the words of JSON Schema 2020-12. Pointers stay as they are.
 * Inside a map (`properties`) the keys are names and not keywords.
 */
function translate(node: unknown, dialect: Dialect, isMap: boolean): unknown {
  if (Array.isArray(node)) return node.map((item) => translate(item, dialect, false));
  if (!isObject(node)) return node;
  if (!isMap && dialect.version30 && typeof node['$ref'] === 'string') return { $ref: node['$ref'] };
  const translated: JsonObject = {};
  for (const [key, value] of Object.entries(node)) {
    // Values of examples may look like schemas, `$id` included.
    if (!isMap && (key === 'example' || key === 'examples')) continue;
    translated[key] = translate(value, dialect, !isMap && MAPS.has(key));
  }
  if (isMap) return translated;
  dropHidden(translated, dialect.hidden);
  return dialect.version30 ? translate30(translated) : translated;
}

function dropHidden(schema: JsonObject, hidden: Dialect['hidden']): void {
  const { required, properties } = schema;
  if (!Array.isArray(required) || !isObject(properties)) return;
  schema['required'] = required.filter((name: unknown) => {
    const property = typeof name === 'string' ? properties[name] : undefined;
    return !isObject(property) || property[hidden] !== true;
  });
}

/** OpenAPI 3.0: `nullable` and exclusive limits as flags. */
function translate30(schema: JsonObject): JsonObject {
  for (const [flag, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[flag] !== 'boolean') continue;
    if (schema[flag] && typeof schema[limit] === 'number') schema[flag] = schema[limit];
    else delete schema[flag];
  }
  if (schema['nullable'] !== true) return schema;
  const { nullable: _, ...rest } = schema;
  const combined = ['allOf', 'anyOf', 'oneOf', '$ref', 'not'].some((key) => key in rest);
  if (combined || typeof rest['type'] !== 'string') return { anyOf: [rest, { type: 'null' }] };
  const withNull = { ...rest, type: [rest['type'], 'null'] };
  return Array.isArray(rest['enum']) ? { ...withNull, enum: [...rest['enum'], null] } : withNull;
}
