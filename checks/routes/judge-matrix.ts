/**
 * The check `matrix-cell`: every operation as every identity, against the status that the configuration declares.
 * Pure; used by `judge-routes.ts`, also long after on an old record.
 */
import type { RoutesConfig } from '../../harness/config.ts';
import { OUTCOME_RANK } from '../../harness/verdict.ts';
import type { Judged } from './body-conformance.ts';
import { judgeAnswer } from './conformance.ts';
import type { Finding } from './document.ts';
import { thingsHiddenFrom } from './hidden-things.ts';
import type { HiddenThing } from './hidden-things.ts';
import { notCalledFinding } from './judge-answers.ts';
import { judgeIdentity } from './judge-identities.ts';
import { columnsOf, declaredCell, hasMatrix, matchesEntry } from './matrix.ts';
import type { DeclaredCell } from './matrix.ts';
import { basePath, listOperations } from './openapi.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { CALLS_FILE, DOCUMENT_FILE } from './route-observations.ts';
import type { RouteObservation, RouteRecord } from './route-observations.ts';
import { crashProof, damageText, noMatrix, unknownsOf } from './ruling.ts';
import type { Ruling } from './ruling.ts';
import type { SchemaValidator } from './schema-validator.ts';

type CellFact = Extract<RouteObservation, { kind: 'cell-called' | 'cell-control' | 'cell-not-called' }>;
type CellCalled = Extract<CellFact, { kind: 'cell-called' }>;

interface Judging {
  record: RouteRecord;
  document: OpenApiDocument;
  routes: RoutesConfig;
  validator: SchemaValidator;
  /** Facts of each cell, by `operation as identity`. */
  facts: Map<string, CellFact[]>;
  /** What `identity-works` says of each column. */
  identities: Map<string, Finding>;
  /** Things that are not there for a column. */
  hidden: Map<string, HiddenThing[]>;
}

interface Cell {
  operation: Operation;
  column: string;
  subject: string;
  declared: DeclaredCell;
}

type CellFinding = Finding & Pick<Ruling, 'because'>;

export function ruleOnMatrix(
  record: RouteRecord,
  document: OpenApiDocument,
  routes: RoutesConfig,
  validator: SchemaValidator,
): Ruling[] {
  if (!hasMatrix(routes)) return [{ check: 'matrix-cell', ...noMatrix(), evidence: [] }];
  const operations = listOperations(document);
  if (operations.length === 0) return unknownsOf('matrix-cell', routes, 'the document holds no operation');
  const columns = columnsOf(routes);
  const configured = columns.filter((column) => Object.hasOwn(routes.identities, column));
  const judging: Judging = {
    record,
    document,
    routes,
    validator,
    facts: Map.groupBy(
      record.observations.filter(isCellFact),
      ({ operation, as }) => `${operation} as ${as}`,
    ),
    identities: new Map(configured.map((name) => [name, judgeIdentity(record, routes, name)])),
    hidden: new Map(columns.map((column) => [column, thingsHiddenFrom(record, document, routes, column)])),
  };
  return [
    ...operations.flatMap((operation) => ruleOnOperation(judging, operation, columns)),
    ...staleEntries(operations, routes, basePath(document)),
  ];
}

function isCellFact(observation: RouteObservation): observation is CellFact {
  return ['cell-called', 'cell-control', 'cell-not-called'].includes(observation.kind);
}

function ruleOnOperation(judging: Judging, operation: Operation, columns: string[]): Ruling[] {
  const { routes, document, facts } = judging;
  const left = notCalledFinding(operation, routes);
  if (left !== undefined) return [{ ...left, check: 'matrix-cell', evidence: [] }];
  return columns.map((column): Ruling => {
    const subject = `${operation.name} as ${column}`;
    const declared = declaredCell(routes, operation, column, basePath(document));
    const base = { check: 'matrix-cell' as const, evidence: [CALLS_FILE] };
    if (declared === undefined) {
      const message = `${subject}: no entry of routes.matrix says what it is answered with`;
      const fix = `declare routes.matrix['${operation.name}'].${column}, or a pattern that matches it`;
      return { ...base, subject, outcome: 'unknown', message, fix, evidence: [DOCUMENT_FILE] };
    }
    const observation = facts.get(subject)?.[0];
    const finding = crashProof(subject, () => judgeCell(judging, { operation, column, subject, declared }));
    return { ...base, ...finding, ...(observation === undefined ? {} : { observation }) };
  });
}

function judgeCell(judging: Judging, cell: Cell): CellFinding {
  const { subject, column, declared } = cell;
  const facts = judging.facts.get(subject) ?? [];
  const calls = facts.filter((fact) => fact.kind === 'cell-called');
  const judged = calls.map((called) => judgeCall(judging, cell, called, facts));
  const worst = judged.toSorted((one, other) => OUTCOME_RANK[other.outcome] - OUTCOME_RANK[one.outcome])[0];
  if (worst?.outcome === 'fail') return { subject, ...worst, message: `${subject} ${worst.message}` };
  const uncalled = facts.find((fact) => fact.kind === 'cell-not-called');
  if (uncalled !== undefined) {
    const { reason, fix, because } = uncalled;
    const message = `${subject} was not called: ${reason}`;
    return { subject, outcome: 'unknown', message, fix, ...(because === undefined ? {} : { because }) };
  }
  if (worst === undefined || calls.length < (calls[0]?.variants ?? 1)) {
    const message = `${subject}: the record holds ${calls.length} of its calls${damageText(judging.record)}`;
    return { subject, outcome: 'unknown', message, fix: 'run the stage again' };
  }
  const identity = judging.identities.get(column);
  if (worst.outcome === 'pass' && identity !== undefined && identity.outcome !== 'pass') {
    const message = `${subject} answered ${declared.status} as declared, which shows nothing: ${identity.message}`;
    return { subject, outcome: 'unknown', message, fix: 'see identity-works', because: 'identity-works' };
  }
  const variants = calls.flatMap(({ variant }) => variant ?? []);
  const tokens = worst.outcome === 'pass' && variants.length > 0 ? `; sent ${variants.join(', ')}` : '';
  return { subject, ...worst, message: `${subject} ${worst.message}${tokens}` };
}

function judgeCall(judging: Judging, cell: Cell, called: CellCalled, facts: CellFact[]): Judged {
  const { document, validator } = judging;
  const { operation, declared } = cell;
  const expected = { status: declared.status, by: `routes.matrix['${declared.entry}']` };
  const judged = judgeAnswer({ document, validator, operation, called, expected, isCell: true });
  const variant =
    called.variant === undefined || judged.outcome === 'pass' ? '' : ` (sent ${called.variant})`;
  if (judged.outcome !== 'pass' || called.answer?.status !== 404) {
    const shown = judged.outcome === 'pass' ? judgeShown(judging, cell, called) : undefined;
    return shown ?? { ...judged, message: judged.message + variant };
  }
  return judgeAbsence(called, facts, judged.message);
}

/** What is answered 404 by its id must not turn up in a list either. */
function judgeShown({ hidden }: Judging, { column }: Cell, { answer }: CellCalled): Judged | undefined {
  const shown = hidden.get(column)?.find(({ mark }) => answer?.body.includes(mark));
  if (shown === undefined) return undefined;
  const { setup, owner, mark, entry } = shown;
  return {
    outcome: 'fail',
    message: `answered ${answer?.status} and shows ${setup} of ${owner} (${mark}), which is not there for ${column} by ${entry}`,
    fix: `answer ${column} without what is not theirs`,
  };
}

/** A 404 says that a thing is not this identity's only where its owner is let through to the very same thing. */
function judgeAbsence(called: CellCalled, facts: CellFact[], message: string): Judged {
  const unknown = (why: string, fix: string): Judged => ({
    outcome: 'unknown',
    message: `${message}; ${why}: a missing route or a made-up id is answered the same`,
    fix,
  });
  const { owner, as, request, operation } = called;
  const fix = `call it with an id that is real: routes.setup, and routes.calls['${operation}'].params`;
  if (owner === undefined) return unknown('nobody is known who gets anything there', fix);
  if (owner === as) return unknown(`${as} itself is who should get it`, fix);
  const control = facts.find(
    (fact) =>
      fact.kind === 'cell-control' &&
      fact.request.url === request.url &&
      fact.request.method === request.method,
  );
  if (control?.kind !== 'cell-control') return unknown(`the record holds no call of it by ${owner}`, fix);
  const status = control.answer?.status;
  if (status === undefined || status < 200 || status > 299) {
    return unknown(`${owner}, whose it is, was answered ${status ?? 'nothing'} for the same request`, fix);
  }
  return { outcome: 'pass', message: `${message}; ${owner} was answered ${status} for the same request` };
}

/** Entries that match no operation were meant to protect something and protect nothing. */
function staleEntries(operations: Operation[], routes: RoutesConfig, base: string): Ruling[] {
  return Object.keys(routes.matrix)
    .filter((entry) => !operations.some((operation) => matchesEntry(entry, operation, base)))
    .map((entry): Ruling => ({
      check: 'matrix-cell',
      subject: `routes.matrix['${entry}']`,
      outcome: 'unknown',
      message: `routes.matrix names ${entry}, and the document has no such operation`,
      fix: 'correct the entry (METHOD /path/{template} as the document writes it, or a pattern) or remove it',
      evidence: [DOCUMENT_FILE],
    }));
}
