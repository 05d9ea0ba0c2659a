/**
 * The check `answers-as-declared` over all operations: each was called once, and its answer is judged.
 * Pure; used by `judge-routes.ts`.
 */
import type { RoutesConfig } from '../../harness/config.ts';
import { judgeAnswer } from './conformance.ts';
import { type Finding, some } from './document.ts';
import { listOperations } from './openapi.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { CALLS_FILE, DOCUMENT_FILE, observationsOf } from './route-observations.ts';
import type { RouteRecord } from './route-observations.ts';
import { crashProof, damageText, unknownsOf } from './ruling.ts';
import type { Ruling } from './ruling.ts';
import type { SchemaValidator } from './schema-validator.ts';

export function ruleOnAnswers(
  record: RouteRecord,
  document: OpenApiDocument,
  routes: RoutesConfig,
  validator: SchemaValidator,
): Ruling[] {
  const operations = listOperations(document);
  if (operations.length === 0)
    return unknownsOf('answers-as-declared', routes, 'the document holds no operation');
  const rulings = operations.map((operation): Ruling => {
    const { name } = operation;
    const called = observationsOf(record, 'called').findLast((candidate) => candidate.operation === name);
    const status = routes.calls[name]?.expect;
    const expected =
      status === undefined ? {} : { expected: { status, by: `routes.calls['${name}'].expect` } };
    const finding =
      notCalledFinding(operation, routes) ??
      (called === undefined
        ? uncalledFinding(operation, record)
        : crashProof(name, () => {
            const judged = judgeAnswer({
              document,
              validator,
              operation,
              called,
              ...expected,
              isCell: false,
            });
            return { subject: name, ...judged, message: `${name} ${judged.message}` };
          }));
    const rests = called === undefined ? {} : { observation: called };
    return { ...finding, check: 'answers-as-declared', ...rests, evidence: [CALLS_FILE] };
  });
  return [...rulings, ...staleEntries(operations, routes)];
}

/** What is said of an operation that the configuration leaves out. */
export function notCalledFinding({ name }: Operation, { notCalled }: RoutesConfig): Finding | undefined {
  const reason = notCalled[name];
  return reason === undefined
    ? undefined
    : { subject: name, outcome: 'skip', message: `${name} is not called: ${reason}` };
}

function uncalledFinding({ name }: Operation, record: RouteRecord): Finding & Pick<Ruling, 'because'> {
  const known = observationsOf(record, 'not-called').findLast((candidate) => candidate.operation === name);
  if (known !== undefined) {
    return {
      subject: name,
      outcome: 'unknown',
      message: `${name} was not called: ${known.reason}`,
      fix: known.fix,
      ...(known.because === undefined ? {} : { because: known.because }),
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
