/**
 * Judges what the routes stage recorded: all its checks, from the record and the document alone.
 * Used by `routes-stage.ts` at once and by whoever judges an old run again. Runs nothing.
 */
import type { Config, RoutesConfig } from '../../harness/config.ts';
import { MASKED } from '../../harness/mask.ts';
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import { judgeDocument, readDocument } from './document.ts';
import { ruleOnAnswers } from './judge-answers.ts';
import { ruleOnIdentities, ruleOnSetups } from './judge-identities.ts';
import { ruleOnMatrix } from './judge-matrix.ts';
import { judgeRequiredRoutes } from './required-routes.ts';
import { CALLS_FILE, DOCUMENT_FILE, LOG_FILE, observationsOf, readRecord } from './route-observations.ts';
import type { Exchange, RouteRecord } from './route-observations.ts';
import { damageText, unknownsAfter } from './ruling.ts';
import type { Ruling } from './ruling.ts';
import { createSchemaValidator } from './schema-validator.ts';

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
    return [start, ...unknownsAfter('service-started', routes, start.message, 'service-started')];
  const fetched = observationsOf(record, 'document-fetched').at(-1);
  if (fetched === undefined || (documentText === undefined && fetched.answer !== undefined)) {
    const missing =
      fetched === undefined ? 'the record has no fetch of the document' : `${DOCUMENT_FILE} is missing`;
    return [start, ...unknownsAfter('service-started', routes, `${missing}${damageText(record)}`)];
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
    return [start, finding, ...unknownsAfter('document-valid', routes, read.message, 'document-valid')];
  }
  const validity = await judgeDocument(read.document, routes.document);
  const validator = createSchemaValidator(read.document, 'response');
  const inDocument = { observation: fetched, evidence: [DOCUMENT_FILE] };
  return [
    start,
    ...validity.map((finding): Ruling => ({ ...finding, check: 'document-valid', ...inDocument })),
    ...judgeRequiredRoutes(read.document, routes.required).map((finding): Ruling => ({
      ...finding,
      check: 'required-route',
      ...inDocument,
    })),
    ...ruleOnAnswers(record, read.document, routes, validator),
    ...ruleOnIdentities(record, routes),
    ...ruleOnSetups(record, routes),
    ...ruleOnMatrix(record, read.document, routes, validator),
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
