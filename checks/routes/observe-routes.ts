/**
 * Sees what a running service serves: fetches the document, makes what the calls need, and calls every operation, one
 * after the other. Effects of the routes stage; everything seen goes to the recorder, nothing is judged.
 */
import type { StageFiles } from '../../harness/stage.ts';
import { fetchDocument, readDocument } from './document.ts';
import { CALL_BOUNDS, exchange } from './exchange.ts';
import { obtainIdentity } from './identities.ts';
import { callerOf, columnsOf, hasMatrix } from './matrix.ts';
import { cellsOf, observeCells, observeTwin } from './observe-cells.ts';
import { METHODS, basePath, listOperations } from './openapi.ts';
import type { OpenApiDocument, Operation } from './openapi.ts';
import { prepareCall, requestAs } from './prepared-call.ts';
import { CALLS_FILE, DOCUMENT_FILE } from './route-observations.ts';
import type { CellCause, RouteFact } from './route-observations.ts';
import { createSchemaValidator } from './schema-validator.ts';
import type { Bench, Recorder, RoutesSession } from './session.ts';
import { makeSetups } from './setups.ts';

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
  if (read.read) await callOperations(createBench(session, read.document));
  return text;
}

function createBench(session: RoutesSession, document: OpenApiDocument): Bench {
  return {
    ...session,
    document,
    validator: createSchemaValidator(document, 'request'),
    identities: new Map(),
    setups: new Map(),
    captures: {},
    owners: {},
    silence: { unanswered: 0 },
  };
}

/** How long after a failed call the exit of the service may take to show. */
const EXIT_KNOWN_MS = 500;

async function callOperations(bench: Bench): Promise<void> {
  const { routes, recorder, progress, document } = bench;
  const operations = readsFirst(listOperations(document)).filter(
    ({ name }) => routes.notCalled[name] === undefined,
  );
  const cells = operations.reduce((count, operation) => count + cellsOf(bench, operation).length, 0);
  recorder.record({ kind: 'calls-planned', operations: operations.length });
  if (hasMatrix(routes)) recorder.record({ kind: 'cells-planned', cells });
  await prepareBench(bench, operations);
  let called = 0;
  let graceMs = 0;
  for (const [index, operation] of operations.entries()) {
    progress.status(`routes: ${index + 1} of ${operations.length}, ${operation.name}`);
    const fact = await callOperation(bench, operation, graceMs);
    if (fact.kind === 'called') called += 1;
    // A connection is gone before the exit of its process is known.
    graceMs = fact.kind === 'called' && fact.error !== undefined ? EXIT_KNOWN_MS : 0;
    recorder.record(fact);
    await observeCells(bench, operation);
  }
  recorder.record({ kind: 'calls-finished', called, notCalled: operations.length - called });
  if (hasMatrix(routes)) recorder.record({ kind: 'cells-finished', cells });
  const inMatrix = hasMatrix(routes) ? `, ${cells} cells of the matrix` : '';
  progress.note(`routes: called ${called} of ${operations.length} operations${inMatrix}`);
}

/** Identities and things. The tokens that are made up come last: they are forgeries of real ones. */
async function prepareBench(bench: Bench, operations: Operation[]): Promise<void> {
  const { routes, progress } = bench;
  progress.status('routes: making what the calls need');
  await makeSetups(bench);
  const columns = columnsOf(routes);
  for (const name of [...Object.keys(routes.identities), ...columns]) await obtainIdentity(bench, name);
  for (const name of columns) await observeTwin(bench, name, operations);
}

async function callOperation(bench: Bench, operation: Operation, graceMs: number): Promise<RouteFact> {
  const { routes, target, signal, document } = bench;
  const notCalled = (reason: string, fix: string, because?: CellCause): RouteFact => ({
    kind: 'not-called',
    operation: operation.name,
    reason,
    fix,
    ...(because === undefined ? {} : { because }),
  });
  if (signal.aborted) return notCalled('the run was interrupted before it', 'let the run finish');
  const ended = await target.ended(graceMs);
  if (ended !== undefined)
    return notCalled(`the service had ended: ${ended}`, 'the call before it and the service log show why');
  const prepared = await prepareCall(bench, operation);
  if (!prepared.ready) return notCalled(prepared.reason, prepared.fix, prepared.because);
  const as = callerOf(routes, operation, basePath(document));
  const { request, values } = prepared;
  if (as === undefined) {
    const outcome = await exchange(request, CALL_BOUNDS, signal);
    return { kind: 'called', operation: operation.name, values, ...outcome };
  }
  const identity = await obtainIdentity(bench, as);
  const credential = identity.obtained ? identity.credentials[0] : undefined;
  if (!identity.obtained || credential === undefined)
    return notCalled(`${as} has no identity`, 'see identity-works', 'identity-works');
  const outcome = await exchange(requestAs(bench, request, credential), CALL_BOUNDS, signal);
  return { kind: 'called', operation: operation.name, values, as, ...outcome };
}

/** What only reads is called before what changes, and deletions last: they take from the others what they need. */
function readsFirst(operations: Operation[]): Operation[] {
  return operations.toSorted((one, other) => METHODS.indexOf(one.method) - METHODS.indexOf(other.method));
}
