/**
 * The check `answers-as-declared`: what an operation answered against what the document declares for it.
 * Pure; used by `judge-routes.ts`.
 */
import type { RoutesConfig } from '../../harness/config.ts';
import { judgeBody } from './body-conformance.ts';
import type { Judged } from './body-conformance.ts';
import type { Finding } from './document.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { templateNames } from './openapi.ts';
import { declaredResponses, responseFor } from './responses.ts';
import type { Answer, RouteObservationOf } from './route-observations.ts';
import type { SchemaValidator } from './schema-validator.ts';

type Called = RouteObservationOf<'called'>;

export interface ConformanceInput {
  document: OpenApiDocument;
  validator: SchemaValidator;
  operation: Operation;
  called: Called;
  /** What the configuration says about calling this operation. */
  call: RoutesConfig['calls'][string] | undefined;
}

/** Judges one call of one operation. */
export function judgeAnswer(input: ConformanceInput): Finding {
  const subject = input.operation.name;
  const judged =
    input.called.answer === undefined
      ? judgeSilence(input.called)
      : judgeAnswered(input, input.called.answer);
  return { subject, ...judged, message: `${subject} ${judged.message}` };
}

function judgeSilence({ error, interrupted, notSent, operation, totalMs, values }: Called): Judged {
  const message = `was not answered: ${error ?? 'no reason was recorded'} (after ${totalMs} ms; sent ${values})`;
  if (interrupted === true) return { outcome: 'unknown', message, fix: 'let the run finish' };
  if (notSent === true) {
    return {
      outcome: 'unknown',
      message: `could not be sent: ${error}`,
      fix: `correct routes.calls['${operation}']`,
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
  const body = judgeBody({ ...input, answer, response });
  const message = [answered(called, answer), body.message, ...notes(input, answer, response.key)].join('; ');
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
function judgeStatus({ called, call, operation }: ConformanceInput, answer: Answer): Judged | undefined {
  const expected = call?.expect;
  if (expected !== undefined && expected !== answer.status) {
    return {
      outcome: 'fail',
      message: `${answered(called, answer)}: expected ${expected} as configured${excerpt(answer)}`,
      fix: `correct the handler, or expect in routes.calls['${operation.name}']`,
    };
  }
  if (answer.status < 500 || expected === answer.status) return undefined;
  return {
    outcome: 'fail',
    message: `${answered(called, answer)}: a server error${excerpt(answer)} (sent ${called.values})`,
    fix: `see the service log; an error that is meant is configured: routes.calls['${operation.name}'].expect`,
  };
}

/** A 404 that nobody asked for on a path without parameters is also what a missing route answers. */
function tellsNothing({ call, operation }: ConformanceInput, answer: Answer): boolean {
  return answer.status === 404 && call?.expect === undefined && templateNames(operation.path).length === 0;
}

function notes({ called, call, operation }: ConformanceInput, answer: Answer, key: string): string[] {
  const found: string[] = [];
  if (key.toLowerCase() === 'default') found.push(`status ${answer.status} is declared only by default`);
  if ((answer.status === 401 || answer.status === 403) && !hasIdentity(called)) {
    found.push('no identity is configured, so only the refusal was seen');
  } else if (answer.status >= 400 && call?.expect !== answer.status) {
    found.push(
      `only this refusal was seen (sent ${called.values}): routes.calls['${operation.name}'] can say more`,
    );
  }
  return found;
}

function hasIdentity({ request }: Called): boolean {
  return Object.keys(request.headers).some((name) => /auth|cookie|token|api-?key|session/i.test(name));
}

function answered(called: Called, answer: Answer): string {
  const type = answer.headers['content-type'];
  return `answered ${answer.status}${type === undefined ? '' : ` ${type}`} in ${called.headersAfterMs ?? called.totalMs} ms`;
}

function excerpt(answer: Answer): string {
  return answer.body.trim() === '' ? '' : `: ${answer.body.slice(0, 120)}`;
}
