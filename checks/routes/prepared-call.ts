/**
 * Makes the call of an operation ready: things made anew, captures filled in, the request built, an identity put on it.
 * Effects of the routes stage; used by `observe-routes.ts` and `observe-cells.ts`.
 */
import { buildCall } from './calls.ts';
import type { CallConfig } from './calls.ts';
import { credentialHeaders, missingNames } from './identities.ts';
import { basePath } from './openapi.ts';
import type { Operation } from './openapi.ts';
import { callerOf } from './matrix.ts';
import type { CellCause, SentRequest } from './route-observations.ts';
import type { Bench, Credential } from './session.ts';
import { makeFresh } from './setups.ts';
import { fillTemplates, fillTexts, namesIn } from './templates.ts';

export type Prepared =
  | { ready: true; request: SentRequest; values: string; owner?: string }
  | { ready: false; reason: string; fix: string; because?: CellCause };

/** The request of an operation, without an identity. */
export async function prepareCall(bench: Bench, operation: Operation): Promise<Prepared> {
  const call = bench.routes.calls[operation.name];
  const unmade = (reason: string): Prepared => ({
    ready: false,
    reason,
    fix: 'see setup-made',
    because: 'setup-made',
  });
  const fresh = await makeFresh(bench, call?.fresh ?? []);
  if (!fresh.made) return unmade(fresh.reason);
  const missing = missingNames(bench, call);
  if (missing.length > 0) return unmade(`nothing was captured for ${missing.join(', ')}`);
  const { document, validator, target } = bench;
  const filled = call === undefined ? undefined : fillCall(bench, call);
  const built = buildCall({ document, validator, operation, call: filled, baseUrl: target.baseUrl });
  if (!built.built) return { ready: false, reason: built.reason, fix: built.fix };
  const owner = ownerOf(bench, operation);
  const { request, values } = built;
  return { ready: true, request, values, ...(owner === undefined ? {} : { owner }) };
}

function fillCall({ captures }: Bench, call: CallConfig): CallConfig {
  const { params, query, headers, body } = call;
  return {
    ...call,
    ...(params === undefined ? {} : { params: fillTexts(params, captures) }),
    ...(query === undefined ? {} : { query: fillTexts(query, captures) }),
    ...(headers === undefined ? {} : { headers: fillTexts(headers, captures) }),
    ...(body === undefined ? {} : { body: fillTemplates(body, captures) }),
  };
}

/** Whose things a call names: who made the last of them, else who the configuration lets through. */
function ownerOf({ routes, document, owners }: Bench, operation: Operation): string | undefined {
  const makers = namesIn(routes.calls[operation.name]).flatMap((name) => owners[name] ?? []);
  return makers.at(-1) ?? callerOf(routes, operation, basePath(document));
}

/** The same request as somebody: what else would identify the caller is taken off. */
export function requestAs(bench: Bench, request: SentRequest, credential: Credential): SentRequest {
  const others = credentialHeaders(bench);
  const rest = Object.entries(request.headers).filter(([name]) => !others.has(name.toLowerCase()));
  return { ...request, headers: { ...Object.fromEntries(rest), ...credential.headers } };
}
