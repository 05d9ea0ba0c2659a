/**
 * The checks `identity-works` and `setup-made`: without them a cell of the matrix would be right for the wrong reason.
 * Pure; used by `judge-routes.ts` and `judge-matrix.ts`.
 */
import type { RoutesConfig } from '../../harness/config.ts';
import { excerpt } from './conformance.ts';
import type { Finding } from './document.ts';
import { CALLS_FILE, observationsOf } from './route-observations.ts';
import type { RouteObservation, RouteObservationOf, RouteRecord } from './route-observations.ts';
import { damageText, unavailableIdentity } from './ruling.ts';
import type { Ruling } from './ruling.ts';

/** One ruling for each configured identity. */
export function ruleOnIdentities(record: RouteRecord, routes: RoutesConfig): Ruling[] {
  return Object.keys(routes.identities).map((name) => {
    const observation = observationsOf(record, 'identity').findLast(({ identity }) => identity === name);
    return {
      ...judgeIdentity(record, routes, name),
      check: 'identity-works',
      ...(observation === undefined ? {} : { observation }),
      evidence: [CALLS_FILE],
    };
  });
}

/** `because`: what it would have been made of failed. */
export type IdentityFinding = Finding & Pick<Ruling, 'because'>;

/** Whether what was sent as this identity can have been this identity. */
export function judgeIdentity(record: RouteRecord, routes: RoutesConfig, name: string): IdentityFinding {
  const unavailable = unavailableIdentity(routes, name);
  if (unavailable !== undefined) return unavailable;
  const unknown = (message: string, fix: string): Finding => ({
    subject: name,
    outcome: 'unknown',
    message,
    fix,
  });
  const seen = observationsOf(record, 'identity').findLast(({ identity }) => identity === name);
  if (seen === undefined)
    return unknown(
      `${name}: the record does not say what became of it${damageText(record)}`,
      'run the stage again',
    );
  if (!seen.obtained) return judgeFailure(record, seen);
  const other = seen.sameTokenAs;
  if (other !== undefined) {
    const message = `${name} has the very same token as ${other}: their columns cannot differ`;
    return unknown(message, `log ${name} in with an account of its own`);
  }
  const identity = routes.identities[name];
  const said = `${name}: ${seen.how}`;
  if (identity !== undefined && 'expire' in identity) return judgeTwin(record, routes, name, said);
  if (identity !== undefined && 'token' in identity && !wasLetThrough(record, name)) {
    const message = `${said}, and no operation that refuses somebody without a token let it through: it may be no token at all`;
    return unknown(
      message,
      `correct routes.identities.${name}.token, or declare a cell that shows that it is good`,
    );
  }
  return { subject: name, outcome: 'pass', message: said };
}

function judgeFailure(record: RouteRecord, seen: RouteObservationOf<'identity'>): IdentityFinding {
  const { identity: name, how } = seen;
  const asked = observationsOf(record, 'identity-asked').findLast(({ identity }) => identity === name);
  const shown = asked?.answer === undefined ? '' : excerpt(asked.answer);
  const message = `${name} was not obtained: ${how}${shown}`;
  const fix = `correct routes.identities.${name}, or the login`;
  const cut = seen.interrupted === true || asked?.interrupted === true || asked?.notSent === true;
  const because = seen.because === undefined ? {} : { because: seen.because };
  return {
    subject: name,
    outcome: seen.refused === true && !cut ? 'fail' : 'unknown',
    message,
    fix,
    ...because,
  };
}

function judgeTwin(record: RouteRecord, routes: RoutesConfig, name: string, said: string): Finding {
  const unknown = (message: string, fix: string): Finding => ({
    subject: name,
    outcome: 'unknown',
    message: `${said}; ${message}`,
    fix,
  });
  const unproven = 'a refusal of it may come from a wrong signature';
  const called = observationsOf(record, 'twin-called').findLast(({ identity }) => identity === name);
  if (called === undefined) {
    const known = observationsOf(record, 'twin-not-called').findLast(({ identity }) => identity === name);
    const why = known?.reason ?? `the record holds no call of it${damageText(record)}`;
    return unknown(
      `its twin, valid and signed the same way, was not called: ${why}; ${unproven}`,
      known?.fix ?? 'run the stage again',
    );
  }
  const status = called.answer?.status;
  if (status !== undefined && status >= 200 && status < 300) {
    const message = `${said}; its twin, valid and signed the same way, was answered ${status} by ${called.operation}`;
    return { subject: name, outcome: 'pass', message };
  }
  const answered = status === undefined ? `not answered: ${called.error}` : `answered ${status}`;
  const identity = routes.identities[name];
  const key = identity !== undefined && 'expire' in identity ? identity.signedWith : 'the key';
  return unknown(
    `its twin, valid and signed the same way, was ${answered} by ${called.operation}: ${unproven}`,
    `check that ${key} holds the key with which the service verifies tokens`,
  );
}

/** Whether an operation that refuses who sends nothing told this identity anything else. */
function wasLetThrough(record: RouteRecord, name: string): boolean {
  const cells = observationsOf(record, 'cell-called');
  const refusing = new Set(
    cells
      .filter(({ as, answer }) => as === 'none' && answer?.status === 401)
      .map(({ operation }) => operation),
  );
  return cells.some(
    ({ as, operation, answer }) =>
      as === name &&
      refusing.has(operation) &&
      answer !== undefined &&
      answer.status < 500 &&
      answer.status !== 401,
  );
}

/** One ruling for each configured setup, however often it was made. */
export function ruleOnSetups(record: RouteRecord, routes: RoutesConfig): Ruling[] {
  return Object.keys(routes.setup).map((name) => {
    const tries = record.observations.filter(
      (one): one is SetupFact =>
        (one.kind === 'setup-called' || one.kind === 'setup-not-called') && one.setup === name,
    );
    const observation = tries.find(isUnmade) ?? tries[0];
    return {
      ...judgeSetup(record, name, tries),
      check: 'setup-made',
      ...(observation === undefined ? {} : { observation }),
      evidence: [CALLS_FILE],
    };
  });
}

type SetupFact = Extract<RouteObservation, { kind: 'setup-called' | 'setup-not-called' }>;

function isUnmade(fact: SetupFact): boolean {
  return fact.kind === 'setup-not-called' || fact.problem !== undefined;
}

function judgeSetup(
  record: RouteRecord,
  name: string,
  tries: SetupFact[],
): Finding & Pick<Ruling, 'because'> {
  const fix = `correct routes.setup.${name}, or what answers it`;
  const unmade = tries.find(isUnmade);
  const first = tries[0];
  if (first === undefined) {
    const message = `${name}: the record does not say whether it was made${damageText(record)}`;
    return { subject: name, outcome: 'unknown', message, fix: 'run the stage again' };
  }
  if (unmade?.kind === 'setup-not-called') {
    const because = unmade.because === undefined ? {} : { because: unmade.because };
    return {
      subject: name,
      outcome: 'unknown',
      message: `${name} was not made: ${unmade.reason}`,
      fix,
      ...because,
    };
  }
  if (unmade !== undefined) {
    const times = tries.length === 1 ? '' : ` (${tries.filter(isUnmade).length} of ${tries.length} times)`;
    const shown = unmade.answer === undefined ? '' : excerpt(unmade.answer);
    const message = `${name} was not made${times}: as ${unmade.as}, ${unmade.problem}${shown}`;
    const refused = unmade.interrupted !== true && unmade.refused === true;
    return { subject: name, outcome: refused ? 'fail' : 'unknown', message, fix };
  }
  const captured = first.kind === 'setup-called' ? Object.entries(first.captured) : [];
  const what = captured.map(([key, value]) => `${key} ${value}`).join(', ') || 'nothing captured';
  const times = tries.length === 1 ? 'made once' : `made ${tries.length} times`;
  return { subject: name, outcome: 'pass', message: `${name} was made, ${what}; ${times}` };
}
