/**
 * Builds the call of an operation: from the configuration, else from the document's examples, else generated.
 * Pure; used by the routes stage.
 */
import type { RoutesConfig } from '../../harness/config.ts';
import { basePath, follow, isJsonType, isObject, mediaTypeOf } from './openapi.ts';
import type { JsonObject, OpenApiDocument, Operation, Parameter } from './openapi.ts';
import type { SentRequest } from './route-observations.ts';
import { givenSample, sampleOf } from './sample-value.ts';
import type { SchemaValidator } from './schema-validator.ts';

export type CallConfig = Pick<RoutesConfig['calls'][string], 'params' | 'query' | 'headers' | 'body'>;

export type BuiltCall =
  /** `values`: where path, query and body come from, in words. */
  { built: true; request: SentRequest; values: string } | { built: false; reason: string; fix: string };

export interface CallInput {
  document: OpenApiDocument;
  /** Validates what is generated, in the direction of requests. */
  validator: SchemaValidator;
  operation: Operation;
  call: CallConfig | undefined;
  /** `http://127.0.0.1:20000` */
  baseUrl: string;
}

/** A reason why a call cannot be built; caught by {@link buildCall} alone. */
class NotBuildable extends Error {
  readonly fix: string;
  constructor(reason: string, fix: string) {
    super(reason);
    this.fix = fix;
  }
}

/** Builds the request of an operation, or says what has to be configured. */
export function buildCall(input: CallInput): BuiltCall {
  const sources = new Set<string>();
  try {
    const path = fillPath(input, sources);
    const query = fillQuery(input, sources);
    const body = buildBody(input, sources);
    const headers = {
      accept: '*/*',
      ...fillHeaders(input, sources),
      ...body.headers,
      ...input.call?.headers,
    };
    const url = `${input.baseUrl}${basePath(input.document)}${path}${query}`;
    const request: SentRequest = { method: input.operation.method.toUpperCase(), url, headers };
    if (body.text !== undefined) request.body = body.text;
    const values = sources.size === 0 ? 'without values' : `with values ${[...sources].sort().join(' and ')}`;
    return { built: true, request, values };
  } catch (error) {
    if (error instanceof NotBuildable) return { built: false, reason: error.message, fix: error.fix };
    throw error;
  }
}

function fillPath({ document, operation, call, validator }: CallInput, sources: Set<string>): string {
  return operation.path.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const configured = call?.params?.[name];
    if (configured !== undefined) {
      sources.add('configured');
      return encodeURIComponent(configured);
    }
    const parameter = operation.parameters.find(
      (candidate) => candidate.in === 'path' && candidate.name === name,
    );
    const fix = `set routes.calls['${operation.name}'].params.${name}`;
    if (parameter === undefined) throw new NotBuildable(`path parameter ${name} is not declared`, fix);
    const text = parameterTexts(document, validator, parameter, sources, fix).join(',');
    if (text === '') throw new NotBuildable(`path parameter ${name} would be empty`, fix);
    return encodeURIComponent(text);
  });
}

function fillQuery({ document, operation, call, validator }: CallInput, sources: Set<string>): string {
  const query = new URLSearchParams();
  for (const parameter of operation.parameters) {
    if (parameter.in !== 'query' || !parameter.required || call?.query?.[parameter.name] !== undefined)
      continue;
    const fix = `set routes.calls['${operation.name}'].query.${parameter.name}`;
    for (const text of parameterTexts(document, validator, parameter, sources, fix))
      query.append(parameter.name, text);
  }
  for (const [name, value] of Object.entries(call?.query ?? {})) {
    sources.add('configured');
    query.append(name, value);
  }
  return query.size === 0 ? '' : `?${query}`;
}

/** Names that OpenAPI says are not parameters even when they are declared as such. */
const OWN_HEADERS = new Set(['accept', 'content-type', 'authorization']);

function fillHeaders(
  { document, operation, call, validator }: CallInput,
  sources: Set<string>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  const configured = new Set(Object.keys(call?.headers ?? {}).map((name) => name.toLowerCase()));
  for (const parameter of operation.parameters) {
    const name = parameter.name.toLowerCase();
    if (!parameter.required || configured.has(parameter.in === 'cookie' ? 'cookie' : name)) continue;
    if (parameter.in !== 'cookie' && (parameter.in !== 'header' || OWN_HEADERS.has(name))) continue;
    const fix = `set routes.calls['${operation.name}'].headers`;
    const text = parameterTexts(document, validator, parameter, sources, fix).join(',');
    if (parameter.in === 'cookie') cookies.push(`${parameter.name}=${encodeURIComponent(text)}`);
    else headers[name] = text;
  }
  return cookies.length === 0 ? headers : { ...headers, cookie: cookies.join('; ') };
}

function parameterTexts(
  document: OpenApiDocument,
  validator: SchemaValidator,
  parameter: Parameter,
  sources: Set<string>,
  fix: string,
): string[] {
  const where = `${parameter.in} parameter ${parameter.name}`;
  const schemaPointer = `${parameter.pointer}/schema`;
  const value = sampleAt(document, validator, parameter.definition, schemaPointer, where, sources, fix);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.map((item) => (typeof item === 'object' ? JSON.stringify(item) : String(item)));
}

/** The value that stands in an object with `example`, `examples` and `schema`: a parameter or a media type. */
function sampleAt(
  document: OpenApiDocument,
  validator: SchemaValidator,
  holder: JsonObject,
  schemaPointer: string,
  where: string,
  sources: Set<string>,
  fix: string,
): unknown {
  const given = givenSample(holder);
  if (given !== undefined) {
    sources.add(`from the document (${given.from})`);
    return given.value;
  }
  const schema = follow(document, schemaPointer);
  if (schema === undefined) throw new NotBuildable(`${where} has neither an example nor a schema`, fix);
  const sample = sampleOf(document, schema.value);
  if (sample === undefined) throw new NotBuildable(`no value can be generated for ${where}`, fix);
  const validation = validator.validate(schema.pointer, sample.value);
  if (!validation.judged)
    throw new NotBuildable(`the schema of ${where} cannot be used: ${validation.reason}`, fix);
  if (!validation.valid && sample.from === 'generated') {
    const wrong = validation.errors[0]?.text ?? 'no reason was given';
    throw new NotBuildable(`what was generated for ${where} is not valid: ${wrong}`, fix);
  }
  sources.add(sample.from === 'generated' ? 'generated' : `from the document (${sample.from})`);
  return sample.value;
}

interface Body {
  text?: string;
  headers: Record<string, string>;
}

function buildBody({ document, operation, call, validator }: CallInput, sources: Set<string>): Body {
  const placed = follow(document, `${operation.pointer}/requestBody`);
  const definition = placed !== undefined && isObject(placed.value) ? placed.value : undefined;
  const content = isObject(definition?.['content']) ? definition['content'] : {};
  const mediaTypes = Object.keys(content);
  if (call !== undefined && 'body' in call && call.body !== undefined) {
    sources.add('configured');
    const mediaType = mediaTypes.find((type) => isJsonType(mediaTypeOf(type))) ?? 'application/json';
    if (
      typeof call.body === 'string' &&
      !mediaTypes.some((type) => isJsonType(mediaTypeOf(type))) &&
      mediaTypes[0]
    ) {
      return { text: call.body, headers: { 'content-type': mediaTypes[0] } };
    }
    return { text: JSON.stringify(call.body), headers: { 'content-type': mediaType } };
  }
  if (placed === undefined || definition?.['required'] !== true) return { headers: {} };
  const fix = `set routes.calls['${operation.name}'].body, or put it under routes.notCalled with a reason`;
  const mediaType = ['json', 'form', 'text'].flatMap((kind) =>
    mediaTypes.filter((type) => bodyKind(type) === kind),
  )[0];
  const holder = mediaType === undefined ? undefined : content[mediaType];
  if (mediaType === undefined || !isObject(holder)) {
    throw new NotBuildable(`a body of type ${mediaTypes.join(', ') || 'none'} cannot be generated`, fix);
  }
  const schemaPointer = `${placed.pointer}/content/${mediaType.replaceAll('~', '~0').replaceAll('/', '~1')}/schema`;
  const value = sampleAt(document, validator, holder, schemaPointer, `the ${mediaType} body`, sources, fix);
  return { text: encodeBody(bodyKind(mediaType), value), headers: { 'content-type': mediaType } };
}

function bodyKind(mediaType: string): 'json' | 'form' | 'text' | undefined {
  const type = mediaTypeOf(mediaType);
  if (isJsonType(type) || type === '*/*') return 'json';
  if (type === 'application/x-www-form-urlencoded') return 'form';
  return type.startsWith('text/') ? 'text' : undefined;
}

function encodeBody(kind: ReturnType<typeof bodyKind>, value: unknown): string {
  if (kind === 'text') return typeof value === 'string' ? value : JSON.stringify(value);
  if (kind !== 'form' || !isObject(value)) return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, item]): [string, string] => [name, String(item)]);
  return new URLSearchParams(fields).toString();
}
