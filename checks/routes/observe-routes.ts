/**
 * Sees what a running service serves: fetches the document and calls every operation, one after the other.
 * Effects of the routes stage; everything seen goes to the recorder, nothing is judged.
 */
import type { RoutesConfig } from '../../harness/config.ts';
import type { Progress, StageFiles } from '../../harness/stage.ts';
import { buildCall } from './calls.ts';
import { fetchDocument, readDocument } from './document.ts';
import { CALL_BOUNDS, exchange } from './exchange.ts';
import { METHODS, listOperations } from './openapi.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { CALLS_FILE, DOCUMENT_FILE } from './route-observations.ts';
import type { RouteFact } from './route-observations.ts';
import { createSchemaValidator } from './schema-validator.ts';

/** Writes facts to the run as they happen and keeps them as they were, before secrets are masked. */
export interface Recorder {
  record(fact: RouteFact): void;
  /** All facts so far, one JSON object a line. */
  text(): string;
}

export function createRecorder(files: Pick<StageFiles, 'appendLine'>): Recorder {
  const lines: string[] = [];
  return {
    record(fact) {
      const observation = { ...fact, at: new Date().toISOString() };
      lines.push(JSON.stringify(observation));
      files.appendLine(CALLS_FILE, observation);
    },
    text: () => lines.map((line) => `${line}\n`).join(''),
  };
}

export interface RoutesTarget {
  /** `http://127.0.0.1:20000` */
  baseUrl: string;
  /** How the service ended, if it has or does within this time: nothing is called after that. */
  ended(withinMs: number): Promise<string | undefined>;
}

export interface RoutesSession {
  routes: RoutesConfig;
  target: RoutesTarget;
  recorder: Recorder;
  files: Pick<StageFiles, 'write'>;
  progress: Progress;
  signal: AbortSignal;
}

/** Fetches the document and calls its operations. Returns the document's text as it was served. */
export async function observeRoutes(session: RoutesSession): Promise<string | undefined> {
  const { routes, target, recorder, files, signal } = session;
  const fetched = await fetchDocument(target.baseUrl, routes.document, signal);
  const text = fetched.answer?.body;
  if (text !== undefined) files.write(DOCUMENT_FILE, text);
  // The body stands in a file of its own: lines of the record stay readable.
  const answer = fetched.answer === undefined ? {} : { answer: { ...fetched.answer, body: '' } };
  recorder.record({ kind: 'document-fetched', ...fetched, ...answer });
  const read = readDocument(fetched, text ?? '');
  if (read.read) await callOperations(session, read.document);
  return text;
}

/** How long after a failed call the exit of the service may take to show. */
const EXIT_KNOWN_MS = 500;

async function callOperations(session: RoutesSession, document: OpenApiDocument): Promise<void> {
  const { routes, recorder, progress } = session;
  const operations = readsFirst(listOperations(document)).filter(
    ({ name }) => routes.notCalled[name] === undefined,
  );
  const validator = createSchemaValidator(document, 'request');
  recorder.record({ kind: 'calls-planned', operations: operations.length });
  let called = 0;
  let graceMs = 0;
  for (const [index, operation] of operations.entries()) {
    progress.status(`routes: ${index + 1} of ${operations.length}, ${operation.name}`);
    const fact = await callOperation(session, document, validator, operation, graceMs);
    if (fact.kind === 'called') called += 1;
    // A connection is gone before the exit of its process is known.
    graceMs = fact.kind === 'called' && fact.error !== undefined ? EXIT_KNOWN_MS : 0;
    recorder.record(fact);
  }
  recorder.record({ kind: 'calls-finished', called, notCalled: operations.length - called });
  progress.note(`routes: called ${called} of ${operations.length} operations`);
}

async function callOperation(
  { routes, target, signal }: RoutesSession,
  document: OpenApiDocument,
  validator: ReturnType<typeof createSchemaValidator>,
  operation: Operation,
  graceMs: number,
): Promise<RouteFact> {
  const notCalled = (reason: string, fix: string): RouteFact => ({
    kind: 'not-called',
    operation: operation.name,
    reason,
    fix,
  });
  if (signal.aborted) return notCalled('the run was interrupted before it', 'let the run finish');
  const ended = await target.ended(graceMs);
  if (ended !== undefined)
    return notCalled(`the service had ended: ${ended}`, 'the call before it and the service log show why');
  const call = routes.calls[operation.name];
  const built = buildCall({ document, validator, operation, call, baseUrl: target.baseUrl });
  if (!built.built) return notCalled(built.reason, built.fix);
  const outcome = await exchange(built.request, CALL_BOUNDS, signal);
  return { kind: 'called', operation: operation.name, values: built.values, ...outcome };
}

/** What only reads is called before what changes, and deletions last: they take from the others what they need. */
function readsFirst(operations: Operation[]): Operation[] {
  return operations.toSorted((one, other) => METHODS.indexOf(one.method) - METHODS.indexOf(other.method));
}
