/**
 * Reading an OpenAPI document: its operations, parameters and responses with references followed.
 * Pure; used by every part of the routes stage. A document that was not validated may be handed in:
 * nothing here trusts a shape that it has not looked at.
 */

export type JsonObject = Record<string, unknown>;

/** A parsed document. What stands in it is looked at when it is used. */
export type OpenApiDocument = JsonObject;

export const METHODS = ['get', 'head', 'options', 'trace', 'post', 'put', 'patch', 'delete'] as const;
export type Method = (typeof METHODS)[number];

/** A value of the document together with the JSON pointer at which it really stands, references followed. */
export interface Placed {
  value: unknown;
  pointer: string;
}

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header' | 'cookie';
  required: boolean;
  definition: JsonObject;
  /** Pointer of the definition. */
  pointer: string;
}

/** One method on one path template. */
export interface Operation {
  /** `GET /users/{id}`: how the configuration and the verdicts name it. */
  name: string;
  method: Method;
  /** As written in the document. */
  path: string;
  definition: JsonObject;
  pointer: string;
  /** Those of the path item and of the operation; the latter win. */
  parameters: Parameter[];
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Operations in the document's order of paths, methods in that of {@link METHODS}. */
export function listOperations(document: OpenApiDocument): Operation[] {
  const paths = document['paths'];
  if (!isObject(paths)) return [];
  return Object.keys(paths).flatMap((path) => {
    const item = follow(document, `/paths/${escapeSegment(path)}`);
    const definition = item?.value;
    if (item === undefined || !isObject(definition)) return [];
    return METHODS.flatMap((method) => {
      const operation = definition[method];
      if (!isObject(operation)) return [];
      const pointer = `${item.pointer}/${method}`;
      return [
        {
          name: `${method.toUpperCase()} ${path}`,
          method,
          path,
          definition: operation,
          pointer,
          parameters: listParameters(document, [`${item.pointer}/parameters`, `${pointer}/parameters`]),
        },
      ];
    });
  });
}

function listParameters(document: OpenApiDocument, listPointers: string[]): Parameter[] {
  const found = new Map<string, Parameter>();
  for (const listPointer of listPointers) {
    const list = follow(document, listPointer)?.value;
    if (!Array.isArray(list)) continue;
    for (const index of list.keys()) {
      const placed = follow(document, `${listPointer}/${index}`);
      if (placed === undefined || !isObject(placed.value)) continue;
      const { name, in: place, required } = placed.value;
      if (typeof name !== 'string' || !isParameterPlace(place)) continue;
      found.set(`${place} ${name}`, {
        name,
        in: place,
        required: required === true || place === 'path',
        definition: placed.value,
        pointer: placed.pointer,
      });
    }
  }
  return [...found.values()];
}

function isParameterPlace(value: unknown): value is Parameter['in'] {
  return value === 'path' || value === 'query' || value === 'header' || value === 'cookie';
}

/**
 * The value at a JSON pointer (`/paths/~1users/get`), references followed at the end.
 * `undefined` when nothing is there or the references go in a circle.
 */
export function follow(document: OpenApiDocument, pointer: string): Placed | undefined {
  let at = pointer;
  for (let steps = 0; steps < 32; steps += 1) {
    const value = valueAt(document, at);
    if (value === undefined) return undefined;
    const reference = isObject(value) ? value['$ref'] : undefined;
    if (typeof reference !== 'string') return { value, pointer: at };
    const target = localPointer(reference);
    if (target === undefined) return undefined;
    at = target;
  }
  return undefined;
}

/** The pointer of a reference into the same document; `undefined` for any other reference. */
export function localPointer(reference: string): string | undefined {
  if (reference === '#') return '';
  if (!reference.startsWith('#/')) return undefined;
  try {
    return decodeURIComponent(reference.slice(1));
  } catch {
    // A stray % is legal text of a pointer, only not of a URI.
    return reference.slice(1);
  }
}

function valueAt(document: unknown, pointer: string): unknown {
  let value = document;
  for (const segment of pointer.split('/').slice(1)) {
    const key = segment.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value)) value = value[Number(key)];
    else if (isObject(value) && Object.hasOwn(value, key)) value = value[key];
    else return undefined;
  }
  return value;
}

/** One segment of a JSON pointer. */
export function escapeSegment(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Names in the braces of a path template, each once. */
export function templateNames(path: string): string[] {
  return [...new Set([...path.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? ''))];
}

/** What the first server of the document puts before every path: `/api`, or nothing. */
export function basePath(document: OpenApiDocument): string {
  const servers = document['servers'];
  const url: unknown = Array.isArray(servers) && isObject(servers[0]) ? servers[0]['url'] : undefined;
  if (typeof url !== 'string' || !URL.canParse(url, 'http://loopback')) return '';
  return new URL(url, 'http://loopback').pathname.replace(/\/+$/, '');
}

/** `application/json; charset=utf-8` without its parameters, in lower case. */
export function mediaTypeOf(contentType: string): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

export function isJsonType(mediaType: string): boolean {
  return mediaType === 'application/json' || mediaType.endsWith('+json');
}
