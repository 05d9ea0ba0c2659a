/**
 * The OpenAPI document: fetched from the running service, read, and judged as the check `document-valid`.
 * `fetchDocument` is an effect of the routes stage; the rest is used by `judge-routes.ts` and judges what was recorded.
 */
import { Validator } from '@seriousme/openapi-schema-validator';
import { errorText } from '../../harness/errors.ts';
import { checkDocumentSemantics } from './document-semantics.ts';
import { DOCUMENT_BOUNDS, exchange } from './exchange.ts';
import { isJsonType, isObject, listOperations, mediaTypeOf } from './openapi.ts';
import type { OpenApiDocument } from './openapi.ts';
import type { Exchange } from './route-observations.ts';

/** An opinion without stage, check and times. */
export interface Finding {
  subject: string;
  outcome: 'pass' | 'fail' | 'unknown' | 'skip';
  message: string;
  fix?: string;
}

/** Fetches the document. The answer's body is the text of the document. */
export async function fetchDocument(baseUrl: string, path: string, signal: AbortSignal): Promise<Exchange> {
  const headers = { accept: 'application/json' };
  return await exchange({ method: 'GET', url: `${baseUrl}${path}`, headers }, DOCUMENT_BOUNDS, signal);
}

export type ReadDocument =
  { read: true; document: OpenApiDocument } | { read: false; message: string; fix: string };

/** Reads a fetched document; what is no document is described: status, content type and first characters. */
export function readDocument(fetched: Exchange, text: string): ReadDocument {
  const { answer, request } = fetched;
  const where = `GET ${request.url}`;
  const fix = 'serve the OpenAPI document as JSON there, or set routes.document to its path';
  if (answer === undefined || fetched.error !== undefined) {
    return { read: false, message: `${where}: no document: ${fetched.error ?? 'no answer'}`, fix };
  }
  const type = answer.headers['content-type'] ?? 'no content type';
  const head = text.trim() === '' ? 'an empty body' : `it begins: ${text.slice(0, 80)}`;
  const seen = `${where} answered ${answer.status}, ${type}, ${answer.bodyBytes} bytes; ${head}`;
  const unread = (what: string, todo = fix): ReadDocument => ({
    read: false,
    message: `${seen}: ${what}`,
    fix: todo,
  });
  if (answer.status >= 300 && answer.status < 400) {
    const target = answer.headers['location'] ?? 'nowhere';
    return unread(
      `a redirect to ${target} is not followed`,
      'set routes.document to the path that answers itself',
    );
  }
  if (answer.status !== 200) return unread('expected 200');
  if (answer.cut) return unread(`longer than the ${DOCUMENT_BOUNDS.bodyBytesMax} bytes that are read`);
  if (text.trim() === '') return unread('expected a JSON document');
  return parseDocument(text, mediaTypeOf(type), unread);
}

function parseDocument(
  text: string,
  mediaType: string,
  unread: (what: string, todo?: string) => ReadDocument,
): ReadDocument {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    return unread(`no JSON (${errorText(error)})`);
  }
  if (!isObject(document)) return unread('JSON, but no object');
  if (!isJsonType(mediaType)) return unread('JSON under another content type', 'send it as application/json');
  return { read: true, document };
}

/** Judges a document: structure and references first, then what only shows across it. */
export async function judgeDocument(document: OpenApiDocument, path: string): Promise<Finding[]> {
  const version = document['openapi'];
  if (typeof version !== 'string' || !/^3\.[01]\./.test(version)) return [unknownVersion(document, path)];
  // The validator writes into what it is given.
  const result = await new Validator({ logger: false }).validate(structuredClone(document));
  if (!result.valid) {
    const message = `OpenAPI ${version} document at ${path} is invalid: ${structureErrors(result.errors)}`;
    return [{ subject: path, outcome: 'fail', message, fix: 'correct the document where it is generated' }];
  }
  const { faults, emptySchemas } = checkDocumentSemantics(document);
  if (faults.length > 0) {
    return faults.map((fault) => ({
      ...fault,
      subject: `${path} ${fault.subject}`,
      outcome: 'fail' as const,
    }));
  }
  const operations = listOperations(document).length;
  if (operations === 0) {
    const message = `OpenAPI ${version} document at ${path} is valid but holds no operation: there is nothing to judge`;
    return [
      { subject: path, outcome: 'unknown', message, fix: 'register the routes before the document is built' },
    ];
  }
  const empty =
    emptySchemas.length === 0
      ? 'no empty schemas'
      : `${plural(emptySchemas.length, 'empty schema')}, validating nothing: ${some(emptySchemas, 8)}`;
  const message = `OpenAPI ${version} document is valid: ${plural(operations, 'operation')}, ${empty}`;
  return [{ subject: path, outcome: 'pass', message }];
}

function unknownVersion(document: OpenApiDocument, path: string): Finding {
  const subject = path;
  if (document['openapi'] === undefined && document['swagger'] === undefined) {
    const keys = some(Object.keys(document), 6) || 'no keys';
    const message = `${path} is JSON without an openapi version (it has ${keys}): no OpenAPI document`;
    return {
      subject,
      outcome: 'fail',
      message,
      fix: 'set routes.document to the path of the OpenAPI document',
    };
  }
  const seen = JSON.stringify(document['openapi'] ?? document['swagger']);
  const message = `${path} says version ${seen}; only OpenAPI 3.0 and 3.1 are judged`;
  return { subject, outcome: 'unknown', message, fix: 'generate the document as OpenAPI 3.0 or 3.1' };
}

type ValidationErrors = Awaited<ReturnType<Validator['validate']>>['errors'];

/** The deepest errors say most: those above are "no branch matched" because of them. */
function structureErrors(errors: ValidationErrors): string {
  if (errors === undefined) return 'the validator gave no reason';
  if (typeof errors === 'string') return errors;
  const depth = (pointer: string) => pointer.split('/').length;
  const deepest = [...errors].sort((a, b) => depth(b.instancePath) - depth(a.instancePath));
  const texts = deepest.map((error) => {
    const extra: unknown = error.params['unevaluatedProperty'] ?? error.params['additionalProperty'];
    return `${error.instancePath || '/'} ${error.message ?? error.keyword}${typeof extra === 'string' ? ` (${extra})` : ''}`;
  });
  return some([...new Set(texts)], 3, '; ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** The first few of a list and how many more there are. */
export function some(texts: string[], count: number, separator = ', '): string {
  const more = texts.length > count ? `${separator}and ${texts.length - count} more` : '';
  return texts.slice(0, count).join(separator) + more;
}
