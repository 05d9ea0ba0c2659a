/**
 * What an operation answered against what the document declares for it.
 * Pure; used by `judge-answers.ts` and `judge-matrix.ts`.
 */
import { createMask } from '../../harness/mask.ts';
import { judgeBody } from './body-conformance.ts';
import type { Judged } from './body-conformance.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { templateNames } from './openapi.ts';
import { declaredResponses, responseFor } from './responses.ts';
import type { Answer, Exchange } from './route-observations.ts';
import type { SchemaValidator } from './schema-validator.ts';

export interface ConformanceInput {
  document: OpenApiDocument;
  validator: SchemaValidator;
  operation: Operation;
  /** `values`: where what was sent comes from, in words. */
  called: Exchange & { values: string };
  /** The status that was to be answered, and the key of the configuration that says so. */
  expected?: { status: number; by: string };
  /** In a cell of the matrix the status is the question: a refusal and an empty list are answers like any other. */
  isCell: boolean;
}

/** Judges one call of one operation. The message has no subject yet. */
export function judgeAnswer(input: ConformanceInput): Judged {
  const { called } = input;
  return called.answer === undefined ? judgeSilence(input) : judgeAnswered(input, called.answer);
}

function judgeSilence({ called, operation }: ConformanceInput): Judged {
  const { error, interrupted, notSent, totalMs, values } = called;
  const message = `was not answered: ${error ?? 'no reason was recorded'} (after ${totalMs} ms; sent ${values})`;
  if (interrupted === true) return { outcome: 'unknown', message, fix: 'let the run finish' };
  if (notSent === true) {
    return {
      outcome: 'unknown',
      message: `could not be sent: ${error}`,
      fix: `correct routes.calls['${operation.name}']`,
    };
  }
  return {
    outcome: 'fail',
    message,
    fix: 'answer every request, if only with an error; the service log shows what it did',
  };
}

function judgeAnswered(input: ConformanceInput, answer: Answer): Judged {
  const { called, document, operation } = input;
  if (called.interrupted === true) {
    return { outcome: 'unknown', message: 'was interrupted while answering', fix: 'let the run finish' };
  }
  const refused = judgeStatus(input, answer);
  if (refused !== undefined) return refused;
  const responses = declaredResponses(document, operation);
  const response = responseFor(responses, answer.status);
  if (response === undefined) {
    const declared = responses.map(({ key }) => key).join(', ') || 'nothing';
    return {
      outcome: 'fail',
      message: `${answered(called, answer)}: status ${answer.status} is not declared (declared: ${declared})${excerpt(answer)}`,
      fix: `declare ${answer.status} with its schema, or correct the handler; routes.calls['${operation.name}'] says how it is called`,
    };
  }
  if (called.error !== undefined) {
    const message = `${answered(called, answer)}, and ${called.error}`;
    return { outcome: 'fail', message, fix: 'end the answer, or declare it as text/event-stream' };
  }
  const { hollow, ...body } = judgeBody({ ...input, answer, response });
  const message = [answered(called, answer), body.message, ...notes(input, answer, response.key)].join('; ');
  if (input.isCell && hollow === true) return { outcome: 'pass', message };
  if (body.outcome === 'pass' && tellsNothing(input, answer)) {
    return {
      outcome: 'unknown',
      message: `${message}; the path has no parameters: a missing route cannot be told from a missing thing`,
      fix: `call it so that it succeeds, or set expect: ${answer.status} in routes.calls['${operation.name}']`,
    };
  }
  return { ...body, message };
}

/** What the configuration and common sense say about a status, before the document is asked. */
function judgeStatus({ called, expected, operation }: ConformanceInput, answer: Answer): Judged | undefined {
  if (expected !== undefined && expected.status !== answer.status) {
    return {
      outcome: 'fail',
      message: `${answered(called, answer)}: expected ${expected.status} as configured${excerpt(answer)}`,
      fix: `correct the handler, or ${expected.by}`,
    };
  }
  if (answer.status < 500 || expected?.status === answer.status) return undefined;
  return {
    outcome: 'fail',
    message: `${answered(called, answer)}: a server error${excerpt(answer)} (sent ${called.values})`,
    fix: `see the service log; an error that is meant is configured: routes.calls['${operation.name}'].expect`,
  };
}

/** A 404 that nobody asked for on a path without parameters is also what a missing route answers. */
function tellsNothing({ expected, operation }: ConformanceInput, answer: Answer): boolean {
  return answer.status === 404 && expected === undefined && templateNames(operation.path).length === 0;
}

function notes(
  { called, expected, isCell, operation }: ConformanceInput,
  answer: Answer,
  key: string,
): string[] {
  const found: string[] = [];
  if (key.toLowerCase() === 'default') found.push(`status ${answer.status} is declared only by default`);
  if (isCell) return found;
  if ((answer.status === 401 || answer.status === 403) && !hasIdentity(called)) {
    found.push('no identity is configured, so only the refusal was seen');
  } else if (answer.status >= 400 && expected?.status !== answer.status) {
    found.push(
      `only this refusal was seen (sent ${called.values}): routes.calls['${operation.name}'] can say more`,
    );
  }
  return found;
}

function hasIdentity({ request }: Exchange): boolean {
  return Object.keys(request.headers).some((name) => /auth|cookie|token|api-?key|session/i.test(name));
}

const EXCERPT_MAX = 120;

function answered(called: Exchange, answer: Answer): string {
  const type = answer.headers['content-type'];
  return `answered ${answer.status}${type === undefined ? '' : ` ${type}`} in ${called.headersAfterMs ?? called.totalMs} ms`;
}

/** The beginning of a body for the end of a message; masked before it is cut, as half a secret is not recognised. */
export function excerpt({ body }: Answer): string {
  const shown = createMask({}).text(body.slice(0, EXCERPT_MAX * 8));
  return shown.trim() === '' ? '' : `: ${shown.slice(0, EXCERPT_MAX)}`;
}
