/**
 * What the judges of the routes stage share: its checks, an opinion with what it rests on, and what cannot be said.
 * Pure; used by `judge-routes.ts` and the judges it calls.
 */
import type { Config, RoutesConfig } from '../../harness/config.ts';
import { errorText } from '../../harness/errors.ts';
import { type Finding, some } from './document.ts';
import { hasMatrix } from './matrix.ts';
import { noRequiredRoutes } from './required-routes.ts';
import { CALLS_FILE } from './route-observations.ts';
import type { RouteObservation, RouteRecord } from './route-observations.ts';

/** The checks of the stage, in the order in which they are judged. */
export const ROUTE_CHECKS = [
  'service-started',
  'document-valid',
  'required-route',
  'answers-as-declared',
  'identity-works',
  'setup-made',
  'matrix-cell',
] as const;
export type RouteCheck = (typeof ROUTE_CHECKS)[number];

/** An opinion with what it rests on. */
export interface Ruling extends Finding {
  check: RouteCheck;
  observation?: RouteObservation;
  because?: RouteCheck;
  evidence: string[];
}

/** The checks that a configuration asks for; none for a service that has no routes on purpose. */
export function plannedChecks(routes: Config['routes']): RouteCheck[] {
  if (routes === false) return [];
  return ROUTE_CHECKS.filter((check) => {
    if (check === 'identity-works') return Object.keys(routes?.identities ?? {}).length > 0;
    return check !== 'setup-made' || Object.keys(routes?.setup ?? {}).length > 0;
  });
}

/** What is said when nothing is demanded of who may call what. */
export function noMatrix(): Finding {
  return {
    subject: 'routes.matrix',
    outcome: 'skip',
    message: 'routes.matrix is empty: who may call what is not demanded',
  };
}

/** The verdict on an identity that the configuration says cannot be. */
export function unavailableIdentity({ identities }: RoutesConfig, name: string): Finding | undefined {
  const identity = identities[name];
  if (identity === undefined || !('unavailable' in identity)) return undefined;
  return {
    subject: name,
    outcome: 'skip',
    message: `${name} has no column in the matrix: ${identity.unavailable}`,
  };
}

/** The checks after `done` are owed and cannot be said; with the same subjects as where they could be. */
export function unknownsAfter(
  done: RouteCheck,
  routes: RoutesConfig,
  why: string,
  because?: RouteCheck,
): Ruling[] {
  const planned = plannedChecks(routes);
  return planned.slice(planned.indexOf(done) + 1).flatMap((check) => unknownsOf(check, routes, why, because));
}

/** One check that is owed and cannot be said. */
export function unknownsOf(
  check: RouteCheck,
  routes: RoutesConfig,
  why: string,
  because?: RouteCheck,
): Ruling[] {
  if (check === 'required-route' && routes.required.length === 0)
    return [{ check, ...noRequiredRoutes(), evidence: [] }];
  if (check === 'matrix-cell' && !hasMatrix(routes)) return [{ check, ...noMatrix(), evidence: [] }];
  return subjectsOf(check, routes).map((subject): Ruling => {
    const unavailable = check === 'identity-works' ? unavailableIdentity(routes, subject) : undefined;
    if (unavailable !== undefined) return { check, ...unavailable, evidence: [] };
    return {
      check,
      subject,
      outcome: 'unknown',
      message: `not judged, because ${why}`,
      fix: 'correct that first',
      evidence: [CALLS_FILE],
      ...(because === undefined ? {} : { because }),
    };
  });
}

function subjectsOf(check: RouteCheck, routes: RoutesConfig): string[] {
  if (check === 'required-route') return [...new Set(routes.required)];
  if (check === 'identity-works') return Object.keys(routes.identities);
  if (check === 'setup-made') return Object.keys(routes.setup);
  return check === 'matrix-cell' ? ['routes.matrix'] : [routes.document];
}

/** A judge that crashes has judged nothing: unknown for its subject, and for no other. */
export function crashProof(subject: string, judge: () => Finding): Finding {
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

/** Why something may be missing in a record, for the end of a message. */
export function damageText({ observations, damage }: RouteRecord): string {
  if (damage.length > 0) return ` (the record is damaged: ${some(damage, 2)})`;
  return observations.some(({ kind }) => kind === 'calls-finished')
    ? ''
    : ' (the record ends before the calls did)';
}
