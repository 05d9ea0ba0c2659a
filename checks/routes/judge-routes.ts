/**
 * Judges what the routes stage recorded: all its checks, from the record and the document alone.
 * Used by `routes-stage.ts` at once and by whoever judges an old run again. Runs nothing.
 */
import type { Config, RoutesConfig } from '../../harness/config.ts';
import { errorText } from '../../harness/errors.ts';
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import { judgeAnswer } from './conformance.ts';
import { type Finding, judgeDocument, readDocument, some } from './document.ts';
import { listOperations } from './openapi.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { judgeRequiredRoutes, noRequiredRoutes } from './required-routes.ts';
import { MASKED } from '../../harness/mask.ts';
import { CALLS_FILE, DOCUMENT_FILE, LOG_FILE, observationsOf, readRecord } from './route-observations.ts';
import type { Exchange, RouteObservation, RouteRecord } from './route-observations.ts';
import { createSchemaValidator } from './schema-validator.ts';

/** The checks of the stage, in the order in which they are judged. */
export const ROUTE_CHECKS = [
  'service-started',
  'document-valid',
  'required-route',
  'answers-as-declared',
] as const;
export type RouteCheck = (typeof ROUTE_CHECKS)[number];

/** An opinion with what it rests on. */
interface Ruling extends Finding {
  check: RouteCheck;
  observation?: RouteObservation;
  because?: RouteCheck;
  evidence: string[];
}

/**
 * Verdicts on a recorded stage; none where the configuration has no routes.
 * `callsNdjson` is the text of `calls.ndjson`, `documentText` that of `openapi.json` as served;
 * `evidence` names a file of the stage for the verdicts.
 */
export async function judgeRoutes(
  callsNdjson: string,
  documentText: string | undefined,
  config: Pick<Config, 'routes'>,
  evidence: (file: string) => string = (file) => `stages/routes/${file}`,
): Promise<Verdict[]> {
  if (config.routes === false || config.routes === undefined) return [];
  const record = readRecord(callsNdjson);
  const rulings = await ruleOn(record, documentText, config.routes);
  return rulings.map((ruling) => toVerdict(ruling, record, evidence));
}

async function ruleOn(
  record: RouteRecord,
  documentText: string | undefined,
  routes: RoutesConfig,
): Promise<Ruling[]> {
  const start = ruleOnStart(record);
  if (start.outcome !== 'pass')
    return [start, ...unknowns(routes, ROUTE_CHECKS.slice(1), start.message, 'service-started')];
  const fetched = observationsOf(record, 'document-fetched').at(-1);
  if (fetched === undefined || (documentText === undefined && fetched.answer !== undefined)) {
    const missing =
      fetched === undefined ? 'the record has no fetch of the document' : `${DOCUMENT_FILE} is missing`;
    return [start, ...unknowns(routes, ROUTE_CHECKS.slice(1), `${missing}${damageText(record)}`)];
  }
  const read = readDocument(fetched, documentText ?? '');
  if (!read.read) {
    const finding: Ruling = {
      check: 'document-valid',
      subject: routes.document,
      outcome: fetched.interrupted === true || isMaskedDocument(fetched, documentText) ? 'unknown' : 'fail',
      message: read.message,
      fix: read.fix,
      observation: fetched,
      evidence: [CALLS_FILE, DOCUMENT_FILE],
    };
    return [start, finding, ...unknowns(routes, ROUTE_CHECKS.slice(2), read.message, 'document-valid')];
  }
  const validity = await judgeDocument(read.document, routes.document);
  const inDocument = { observation: fetched, evidence: [DOCUMENT_FILE] };
  return [
    start,
    ...validity.map((finding): Ruling => ({ ...finding, check: 'document-valid', ...inDocument })),
    ...judgeRequiredRoutes(read.document, routes.required).map((finding): Ruling => ({
      ...finding,
      check: 'required-route',
      ...inDocument,
    })),
    ...ruleOnAnswers(record, read.document, routes),
  ];
}

/** Masking may have cut the text that was served so that it is no JSON any more. */
function isMaskedDocument({ answer }: Exchange, text = ''): boolean {
  return answer?.status === 200 && text.includes(MASKED);
}

function ruleOnStart(record: RouteRecord): Ruling {
  const base = { check: 'service-started' as const, subject: 'service', evidence: [LOG_FILE, CALLS_FILE] };
  const failed = observationsOf(record, 'service-failed').at(-1);
  if (failed !== undefined) {
    const log =
      failed.lastLines.length === 0 ? 'it wrote nothing' : `its last lines: ${failed.lastLines.join(' | ')}`;
    const message = `the service did not start: ${failed.reason}; ${log}`;
    const outcome = failed.inconclusive === true ? 'unknown' : 'fail';
    return {
      ...base,
      outcome,
      message,
      fix: 'start it by hand with service.command and read its output',
      observation: failed,
    };
  }
  const started = observationsOf(record, 'service-started').at(-1);
  if (started === undefined) {
    const message = `the record does not say whether the service started${damageText(record)}`;
    return { ...base, outcome: 'unknown', message, fix: 'run the stage again' };
  }
  const message = `the service answered at ${started.baseUrl} after ${Math.round(started.afterMs)} ms (${started.readyBy})`;
  return { ...base, outcome: 'pass', message, observation: started };
}

function ruleOnAnswers(record: RouteRecord, document: OpenApiDocument, routes: RoutesConfig): Ruling[] {
  const operations = listOperations(document);
  if (operations.length === 0)
    return unknowns(routes, ['answers-as-declared'], 'the document holds no operation');
  const validator = createSchemaValidator(document, 'response');
  const rulings = operations.map((operation): Ruling => {
    const called = observationsOf(record, 'called').findLast(
      (candidate) => candidate.operation === operation.name,
    );
    const finding =
      notCalledFinding(operation, routes) ??
      (called === undefined
        ? uncalledFinding(operation, record)
        : crashProof(operation.name, () =>
            judgeAnswer({ document, validator, operation, called, call: routes.calls[operation.name] }),
          ));
    const rests = called === undefined ? {} : { observation: called };
    return { ...finding, check: 'answers-as-declared', ...rests, evidence: [CALLS_FILE] };
  });
  return [...rulings, ...staleEntries(operations, routes)];
}

/** A judge that crashes has judged nothing: unknown for its subject, and for no other. */
function crashProof(subject: string, judge: () => Finding): Finding {
  try {
    return judge();
  } catch (error) {
    const message = `${subject}: judging it crashed: ${errorText(error)}`;
    return {
      subject,
      outcome: 'unknown',
      message,
      fix: 'this is a fault of shakedown: report it with the record',
    };
  }
}

function notCalledFinding({ name }: Operation, { notCalled }: RoutesConfig): Finding | undefined {
  const reason = notCalled[name];
  return reason === undefined
    ? undefined
    : { subject: name, outcome: 'skip', message: `${name} is not called: ${reason}` };
}

function uncalledFinding({ name }: Operation, record: RouteRecord): Finding {
  const known = observationsOf(record, 'not-called').findLast((candidate) => candidate.operation === name);
  if (known !== undefined) {
    return {
      subject: name,
      outcome: 'unknown',
      message: `${name} was not called: ${known.reason}`,
      fix: known.fix,
    };
  }
  const message = `${name}: the record holds no call of it${damageText(record)}`;
  return { subject: name, outcome: 'unknown', message, fix: 'run the stage again' };
}

/** Entries of the configuration that name no operation were meant to say something and say nothing. */
function staleEntries(operations: Operation[], routes: RoutesConfig): Ruling[] {
  const names = new Set(operations.map(({ name }) => name));
  return (['calls', 'notCalled'] as const).flatMap((key) =>
    Object.keys(routes[key])
      .filter((name) => !names.has(name))
      .map((name): Ruling => ({
        check: 'answers-as-declared',
        subject: `routes.${key}['${name}']`,
        outcome: 'unknown',
        message: `routes.${key} names ${name}, and the document has no such operation (it has ${some([...names], 5)})`,
        fix: 'correct the entry (METHOD /path/{template} as the document writes it) or remove it',
        evidence: [DOCUMENT_FILE],
      })),
  );
}

/** What is owed and cannot be said, with the same subjects as where it could be. */
function unknowns(
  routes: RoutesConfig,
  checks: readonly RouteCheck[],
  why: string,
  because?: RouteCheck,
): Ruling[] {
  return checks.flatMap((check): Ruling[] => {
    if (check === 'required-route' && routes.required.length === 0)
      return [{ check, ...noRequiredRoutes(), evidence: [] }];
    const subjects = check === 'required-route' ? [...new Set(routes.required)] : [routes.document];
    return subjects.map((subject) => ({
      check,
      subject,
      outcome: 'unknown',
      message: `not judged, because ${why}`,
      fix: 'correct that first',
      evidence: [CALLS_FILE],
      ...(because === undefined ? {} : { because }),
    }));
  });
}

function damageText({ observations, damage }: RouteRecord): string {
  if (damage.length > 0) return ` (the record is damaged: ${some(damage, 2)})`;
  return observations.some(({ kind }) => kind === 'calls-finished')
    ? ''
    : ' (the record ends before the calls did)';
}

function toVerdict(ruling: Ruling, record: RouteRecord, evidence: (file: string) => string): Verdict {
  const { observation, check, subject, outcome, message, fix, because } = ruling;
  const durationMs = observation !== undefined && 'totalMs' in observation ? observation.totalMs : 0;
  return createVerdict({
    stage: 'routes',
    check,
    subject,
    outcome,
    message,
    ...(fix === undefined ? {} : { fix }),
    ...(because === undefined ? {} : { because }),
    evidence: ruling.evidence.map(evidence),
    startedAt: observation?.at ?? record.observations[0]?.at ?? new Date(0).toISOString(),
    durationMs,
  });
}
