/**
 * Calls one operation as each identity of the matrix, and as the owner wherever a cell says that a thing is not there.
 * Effects of the routes stage; used by `observe-routes.ts`. Judges nothing.
 */
import { CALL_BOUNDS, exchange } from './exchange.ts';
import { obtainIdentity, obtainTwin } from './identities.ts';
import { columnsOf, declaredCell } from './matrix.ts';
import { basePath, templateNames } from './openapi.ts';
import type { Operation } from './openapi.ts';
import { prepareCall, requestAs } from './prepared-call.ts';
import type { Exchange, RouteFact } from './route-observations.ts';
import type { Bench, Credential } from './session.ts';

/** The status and the headers of an event stream are its answer: it is left at once. */
const CELL_BOUNDS = { ...CALL_BOUNDS, streamWithinMs: 0 };
/** A service that answers nothing any more is not asked for every cell. */
const MOST_UNANSWERED = 3;
/** How long after an unanswered call the exit of the service may take to show. */
const EXIT_KNOWN_MS = 500;

/** The cells of an operation that the configuration declares. */
export function cellsOf({ routes, document }: Bench, operation: Operation): string[] {
  const base = basePath(document);
  return columnsOf(routes).filter((column) => declaredCell(routes, operation, column, base) !== undefined);
}

/** Calls every declared cell of an operation, in the order of the columns. */
export async function observeCells(bench: Bench, operation: Operation): Promise<void> {
  for (const column of cellsOf(bench, operation)) {
    const identity = await obtainIdentity(bench, column);
    if (!identity.obtained) {
      const reason = `${column} has no identity: ${identity.reason}`;
      const cell = { operation: operation.name, as: column };
      bench.recorder.record({
        kind: 'cell-not-called',
        ...cell,
        reason,
        fix: 'see identity-works',
        because: 'identity-works',
      });
      continue;
    }
    for (const credential of identity.credentials)
      await observeCell(bench, operation, column, credential, identity.credentials.length);
  }
}

async function observeCell(
  bench: Bench,
  operation: Operation,
  column: string,
  credential: Credential,
  variants: number,
): Promise<void> {
  const cell = { operation: operation.name, as: column };
  const prevented = await preventedBy(bench);
  const prepared = prevented ?? (await prepareCall(bench, operation));
  if (!prepared.ready) {
    const { ready: _, ...why } = prepared;
    bench.recorder.record({ kind: 'cell-not-called', ...cell, ...why });
    return;
  }
  const { request, values, owner } = prepared;
  const exchanged = await call(bench, requestAs(bench, request, credential));
  bench.recorder.record({
    kind: 'cell-called',
    ...cell,
    values,
    variants,
    ...(credential.variant === undefined ? {} : { variant: credential.variant }),
    ...(owner === undefined ? {} : { owner }),
    ...exchanged,
  });
  if (exchanged.answer?.status !== 404 || owner === undefined || owner === column) return;
  const control = await controlAs(bench, owner);
  if (control === undefined) return;
  const controlled = await call(bench, requestAs(bench, request, control));
  bench.recorder.record({ kind: 'cell-control', ...cell, owner, ...controlled });
}

async function controlAs(bench: Bench, owner: string): Promise<Credential | undefined> {
  const obtained = await obtainIdentity(bench, owner);
  return obtained.obtained ? obtained.credentials[0] : undefined;
}

interface Prevented {
  ready: false;
  reason: string;
  fix: string;
}

async function preventedBy({ signal, target, silence }: Bench): Promise<Prevented | undefined> {
  const prevented = (reason: string, fix: string): Prevented => ({ ready: false, reason, fix });
  if (signal.aborted) return prevented('the run was interrupted before it', 'let the run finish');
  const ended = await target.ended(silence.unanswered > 0 ? EXIT_KNOWN_MS : 0);
  if (ended !== undefined)
    return prevented(`the service had ended: ${ended}`, 'the call before it and the service log show why');
  if (silence.unanswered >= MOST_UNANSWERED)
    return prevented(`${MOST_UNANSWERED} calls in a row were not answered`, 'see those calls');
  return undefined;
}

async function call(bench: Bench, request: Exchange['request']): Promise<Exchange> {
  const exchanged = await exchange(request, CELL_BOUNDS, bench.signal);
  bench.silence.unanswered = exchanged.answer === undefined ? bench.silence.unanswered + 1 : 0;
  return exchanged;
}

/**
 * Proves an expired token: its twin, signed the same way and still valid, must be let through by an operation that lets
 * its owner through and the expired one not.
 */
export async function observeTwin(bench: Bench, name: string, operations: Operation[]): Promise<void> {
  const identity = bench.routes.identities[name];
  if (identity === undefined || !('expire' in identity)) return;
  const record = (fact: RouteFact) => bench.recorder.record(fact);
  const fix = `declare the cells ${identity.expire} (2xx) and ${name} (401) of an operation that needs a token`;
  const twin = await obtainTwin(bench, name);
  const witness = operations.find((operation) => isWitness(bench, operation, identity.expire, name));
  if (twin === undefined || witness === undefined) {
    const reason =
      twin === undefined ? 'it could not be signed' : `no operation is for ${identity.expire} alone`;
    return record({ kind: 'twin-not-called', identity: name, reason, fix });
  }
  const prepared = await prepareCall(bench, witness);
  if (!prepared.ready)
    return record({ kind: 'twin-not-called', identity: name, reason: prepared.reason, fix: prepared.fix });
  const exchanged = await call(bench, requestAs(bench, prepared.request, twin));
  record({ kind: 'twin-called', identity: name, operation: witness.name, ...exchanged });
}

/** Reading a fixed path, where a token decides and nothing else. */
function isWitness(
  { routes, document }: Bench,
  operation: Operation,
  owner: string,
  expired: string,
): boolean {
  const statusFor = (column: string) =>
    declaredCell(routes, operation, column, basePath(document))?.status ?? 0;
  const simple = operation.method === 'get' && templateNames(operation.path).length === 0;
  const guarded = [expired, 'none'].every((column) => statusFor(column) === 401 || statusFor(column) === 403);
  return simple && guarded && Math.floor(statusFor(owner) / 100) === 2;
}
