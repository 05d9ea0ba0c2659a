/**
 * The body of an answer against the content that is declared for its status.
 * Pure; used by `conformance.ts`.
 */
import { errorText } from '../../harness/errors.ts';
import { some } from './document.ts';
import type { Finding } from './document.ts';
import { follow, isJsonType, isObject, mediaTypeOf } from './openapi.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { contentFor, declaredContents } from './responses.ts';
import type { DeclaredResponse } from './responses.ts';
import { MASKED } from '../../harness/mask.ts';
import type { Answer } from './route-observations.ts';
import { coverageOf, demandsEmptiness, isEmptySchema, saysMore, schemasOf } from './schema-reading.ts';
import type { SchemaValidator } from './schema-validator.ts';

export type Judged = Omit<Finding, 'subject'>;

/** `hollow`: unknown only because the answer was empty; its schema would have looked at more. */
export type JudgedBody = Judged & { hollow?: boolean };

export interface BodyInput {
  document: OpenApiDocument;
  validator: SchemaValidator;
  operation: Operation;
  answer: Answer;
  response: DeclaredResponse;
  /** The status is the question: an event stream was left at once. */
  isCell: boolean;
}

const BODILESS = new Set([204, 205, 304]);

export function judgeBody(input: BodyInput): JudgedBody {
  const { answer, operation, response } = input;
  const contents = declaredContents(response);
  const declared = contents.map(({ mediaType }) => mediaType).join(', ');
  if (operation.method === 'head') return { outcome: 'pass', message: 'as declared, HEAD has no body' };
  if (BODILESS.has(answer.status)) {
    if (contents.length === 0) return { outcome: 'pass', message: 'as declared, without a body' };
    const message = `${answer.status} never has a body, and ${declared} is declared for it`;
    return { outcome: 'fail', message, fix: `remove the content of ${response.key} from the document` };
  }
  if (contents.length === 0) return judgeUndeclaredBody(answer, response);
  const sent = mediaTypeOf(answer.headers['content-type'] ?? '');
  const content = contentFor(contents, sent);
  if (answer.bodyBytes === 0 && sent !== 'text/event-stream') {
    return {
      outcome: 'fail',
      message: `an empty body where ${declared} is declared`,
      fix: 'send the declared body, or declare none',
    };
  }
  if (content === undefined) {
    const seen = sent === '' ? 'no content type was sent' : `content type ${sent} is not declared`;
    return {
      outcome: 'fail',
      message: `${seen} (declared: ${declared})`,
      fix: `send ${declared}, or declare what is sent`,
    };
  }
  const encoding = answer.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') {
    const message = `the body is encoded as ${encoding}, unasked: nothing of it was validated`;
    return { outcome: 'unknown', message, fix: 'compress only what a client accepts' };
  }
  const schema = follow(input.document, `${content.pointer}/schema`);
  if (schema === undefined || isEmptySchema(input.document, schema.value)) {
    const seen = schema === undefined ? 'no schema' : 'an empty schema';
    const message = `${seen} is declared for ${response.key} ${content.mediaType}: nothing of the body was validated`;
    return {
      outcome: 'unknown',
      message,
      fix: 'declare what the body is (binary: { type: string, format: binary })',
    };
  }
  if (sent === 'text/event-stream') return judgeEventStream(input, schema.pointer, schema.value);
  return isJsonType(sent)
    ? judgeJson(input, schema.pointer, schema.value)
    : judgeText(input, schema.pointer, schema.value);
}

/** A redirect's note to people is nobody's contract; any other body that is not declared was not validated. */
function judgeUndeclaredBody(answer: Answer, response: DeclaredResponse): Judged {
  if (answer.bodyBytes === 0) return { outcome: 'pass', message: 'as declared, without a body' };
  if (answer.status >= 300 && answer.status < 400)
    return { outcome: 'pass', message: 'as declared, a redirect' };
  const message = `${answer.bodyBytes} bytes of body, and no content is declared for ${response.key}: nothing of it was validated`;
  return {
    outcome: 'unknown',
    message,
    fix: `declare content and schema of ${response.key}, or send no body`,
  };
}

function judgeJson(input: BodyInput, pointer: string, schema: unknown): JudgedBody {
  const { answer, document } = input;
  if (answer.cut) return tooLong(answer);
  let value: unknown;
  try {
    value = JSON.parse(answer.body);
  } catch (error) {
    if (answer.body.includes(MASKED)) return concealed('the body');
    const message = `the body is no JSON (${errorText(error)}): ${answer.body.slice(0, 80)}`;
    return { outcome: 'fail', message, fix: 'send what the content type says' };
  }
  return judgeValue(input, pointer, value) ?? judgeCoverage(document, schema, value);
}

/** How much of a valid value the schema looked at: a schema that looks at nothing finds nothing wrong. */
function judgeCoverage(document: OpenApiDocument, schema: unknown, value: unknown): JudgedBody {
  const { validated, total, items, unseen, emptyLists } = coverageOf(document, schema, value);
  const seen = `${validated} of ${total} properties validated`;
  const rest = unseen.length === 0 ? '' : ` (not in the schema: ${some(unseen, 5)})`;
  if (total > 0 && validated === 0 && items === 0) {
    const message = `${seen}${rest}: the schema looks at nothing that was answered`;
    return { outcome: 'unknown', message, fix: 'declare the properties of the answer' };
  }
  if (total > 0) {
    const empty = emptyLists.length === 0 ? '' : ` (empty: ${some(emptyLists, 5)})`;
    return { outcome: 'pass', message: `as declared, ${seen}${rest}${empty}` };
  }
  const what = describeFlat(value);
  if (items > 0) return { outcome: 'pass', message: `as declared, ${items} items validated, ${what}` };
  if (!isObject(value) && !Array.isArray(value)) return { outcome: 'pass', message: `as declared, ${what}` };
  if (demandsEmptiness(document, schema))
    return { outcome: 'pass', message: `as declared, ${what} and must be` };
  const fillable = Array.isArray(value) ? value.length === 0 : true;
  return {
    outcome: 'unknown',
    message: `0 properties validated, ${what}`,
    fix: fillable
      ? 'call it so that there is something to answer: routes.setup makes it'
      : 'declare what the items of the answer are',
    hollow: fillable && saysMore(document, schema),
  };
}

/** What there was to validate when there were no properties. */
function describeFlat(value: unknown): string {
  if (Array.isArray(value))
    return value.length === 0 ? 'the answer is an empty array' : `an array of ${value.length}`;
  if (isObject(value)) return 'the answer is an empty object';
  return value === null ? 'the answer is null' : `the answer is a ${typeof value}`;
}

function judgeText(input: BodyInput, pointer: string, schema: unknown): Judged {
  const { answer, document } = input;
  const type = mediaTypeOf(answer.headers['content-type'] ?? '');
  if (!describesText(document, schema)) {
    const message = `the schema describes no text, and ${type} is not taken apart: nothing of the body was validated`;
    return {
      outcome: 'unknown',
      message,
      fix: 'declare { type: string } for it, or put the operation under routes.notCalled',
    };
  }
  if (answer.binary)
    return { outcome: 'pass', message: `as declared, ${answer.bodyBytes} bytes that are not text` };
  if (answer.cut) return tooLong(answer);
  const wrong = judgeValue(input, pointer, answer.body);
  return wrong ?? { outcome: 'pass', message: `as declared, ${answer.body.length} characters of text` };
}

function judgeEventStream(input: BodyInput, pointer: string, schema: unknown): Judged {
  const { answer, document, isCell } = input;
  if (isCell) return { outcome: 'pass', message: 'as declared, an event stream that was left at once' };
  const first = answer.body.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/, 1)[0] ?? '';
  if (answer.bodyBytes === 0) {
    const message = 'the event stream opened and sent nothing while it was watched';
    return {
      outcome: 'unknown',
      message,
      fix: 'send a comment line (`: open`) or a retry field when the stream opens',
    };
  }
  if (!/^(:|(data|event|id|retry)(:|$))/.test(first) && first !== '') {
    const message = `the first line is no line of an event stream: ${first.slice(0, 80)}`;
    return { outcome: 'fail', message, fix: 'write `data: ...` lines ended by an empty line' };
  }
  if (!describesText(document, schema)) {
    const message = `the stream began (${first.slice(0, 60)}), but its schema describes no text: nothing of it was validated`;
    return { outcome: 'unknown', message, fix: 'declare the stream as { type: string }' };
  }
  const wrong = judgeValue(input, pointer, answer.body);
  return (
    wrong ?? {
      outcome: 'pass',
      message: `as declared, an event stream that began with: ${first.slice(0, 60)}`,
    }
  );
}

function judgeValue(
  { validator, answer, response }: BodyInput,
  pointer: string,
  value: unknown,
): Judged | undefined {
  const validation = validator.validate(pointer, value);
  if (!validation.judged) {
    const message = `the schema of ${response.key} cannot be used: ${validation.reason}`;
    return { outcome: 'unknown', message, fix: 'correct the schema in the document' };
  }
  if (validation.valid) return undefined;
  const real = validation.errors.filter((error) => !isMasked(error.value));
  if (real.length === 0)
    return concealed(
      some(
        validation.errors.map(({ text }) => text),
        3,
      ),
    );
  const message = `the body is not as declared for ${answer.status}: ${some(
    real.map(({ text }) => text),
    4,
    '; ',
  )}`;
  return { outcome: 'fail', message, fix: 'send what the schema says, or correct the schema' };
}

function describesText(document: OpenApiDocument, schema: unknown): boolean {
  return schemasOf(document, schema).some(
    ({ type }) => type === 'string' || (Array.isArray(type) && type.includes('string')),
  );
}

function isMasked(value: unknown): boolean {
  return typeof value === 'string' && value.includes(MASKED);
}

function concealed(what: string): Judged {
  return {
    outcome: 'unknown',
    message: `a secret was masked in the record: ${what}`,
    fix: 'judge while the service runs',
  };
}

function tooLong(answer: Answer): Judged {
  const message = `the body is longer than the ${answer.body.length} characters that are read: it was not validated`;
  return {
    outcome: 'unknown',
    message,
    fix: 'call it so that it answers less, or put it under routes.notCalled',
  };
}
