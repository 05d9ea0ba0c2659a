/**
 * What the scenarios share that make a start or a stop fail from inside: which members, the lives, and what became of the
 * others. One file for each way to fail stands in `soak/scenarios/faults`.
 */
import type { LifecycleMember, MemberKind } from '../../harness/lifecycle-members.ts';
import type { FaultHow } from '../../harness/observations/inside.ts';
import type { FaultConfig, FaultScenario, PlannedCase } from '../faults/fault.ts';
import type { Trial } from '../faults/trial.ts';
import type { Life } from '../scenarios/one-life.ts';
import { insideTrial } from './inside-trial.ts';
import type { PlannedFault, Probe } from './probe.ts';

export const UNDISTURBED = 'undisturbed';
export const ALL = 'all of them';
/** What the wrapper's error says. */
export const MARK = 'shakedown fault';
const SLOW_MS = 250;

/** Members that can fail in this way: those that are nobody's part, and that the preload can reach. */
export function targetsOf(
  members: readonly LifecycleMember[],
  kind: MemberKind,
  how: FaultHow,
): LifecycleMember[] {
  return members.filter(
    (member) =>
      member.kind === kind &&
      member.nestedIn === undefined &&
      member.cannotBeWrapped === undefined &&
      (how === 'throw' ? !member.isAsync : member.givesPromise),
  );
}

/** The parts of a scenario that are the same for every way to fail. */
export function memberScenario(
  kind: MemberKind,
  how: FaultHow,
): Pick<FaultScenario, 'doesNotApply' | 'cannotRun' | 'cases'> {
  const targets = ({ members = [] }: FaultConfig): LifecycleMember[] => targetsOf(members, kind, how);
  return {
    doesNotApply: (config) =>
      config.members === undefined || targets(config).length > 0
        ? undefined
        : `no ${kind} in the source can ${how} and be reached by the preload`,
    cannotRun: (_host, { members, soak }) => {
      if (members === undefined) return 'nobody has looked into the source for starts and stops';
      return soak.inside ? undefined : 'soak.inside is false: nothing can be made to fail from inside';
    },
    cases: (config): PlannedCase[] => {
      const ends: PlannedCase['ends'] =
        kind === 'start' ? (how === 'hang' ? 'any' : 'refused') : how === 'slow' ? 'clean' : 'failed';
      const givesUp = how === 'hang' ? { givesUp: true as const } : {};
      const names = targets(config).map(({ id }) => id);
      const together = kind === 'stop' && names.length > 1 ? [ALL] : [];
      return [
        { name: UNDISTURBED, ends: 'clean', plain: true },
        ...[...names, ...together].map((name) => ({ name, ends, ...givesUp })),
      ];
    },
  };
}

/** A life in which the case's members fail, and the others are watched. */
export interface FaultyLife {
  trial: Trial;
  probe: Probe;
  targets: LifecycleMember[];
}

export async function openFaultyLife(outer: Trial, kind: MemberKind, how: FaultHow): Promise<FaultyLife> {
  const members = outer.context.members ?? [];
  const all = targetsOf(members, kind, how);
  const { name } = outer.case;
  const targets = name === ALL ? all : all.filter(({ id }) => id === name);
  const faults = members
    .filter(({ cannotBeWrapped }) => cannotBeWrapped === undefined)
    .map((member): PlannedFault => {
      const fails = targets.some(({ id }) => id === member.id);
      return {
        ...member,
        how: fails ? how : 'pass',
        ...(how === 'slow' && fails ? { slowMs: SLOW_MS } : {}),
      };
    });
  const { trial, probe } = await insideTrial(outer, { mode: 'stacks', faults });
  return { trial, probe, targets };
}

/** Writes down which members were called, and whether the fault struck. Before the end of the case. */
export function noteCalls({ trial, probe, targets }: FaultyLife, how: FaultHow): void {
  const { cycle, plain } = trial.case;
  const { called: calledBefore } = trial.context.undisturbed;
  const lines = probe.lines();
  const armed = new Set(lines.flatMap((line) => (line.said === 'armed' ? [line.id] : [])));
  for (const { id, kind, nestedIn } of trial.context.members ?? []) {
    const partOf = nestedIn === undefined ? {} : { partOf: nestedIn };
    if (armed.has(id)) trial.observe({ kind: 'fault-armed', cycle, member: id, is: kind, ...partOf });
  }
  const calls = lines.filter((line) => line.said === 'called');
  for (const member of new Set(calls.map(({ id }) => id))) {
    const own = calls.filter(({ id }) => id === member);
    const first = own[0];
    if (first === undefined) continue;
    trial.observe({ kind: 'fault-called', cycle, member, how: first.how, calls: own.length });
    if (plain === true) calledBefore.add(member);
  }
  if (plain === true) return;
  const struck = targets.filter(({ id }) => calls.some((call) => call.id === id && call.how === how));
  if (struck.length > 0) {
    trial.struck(`${struck.map(({ id }) => id).join(', ')} was called, and ${DID[how]}`);
    return;
  }
  if (targets.every(({ id }) => !calledBefore.has(id)))
    trial.moot('a life without a fault does not call it either: it is switched off, or not built');
}

const DID = {
  throw: 'threw',
  reject: 'gave a promise that rejected',
  hang: 'gave a promise that never settles',
  slow: `was ${SLOW_MS} ms late`,
} as const satisfies Record<FaultHow, string>;

/** What the log says that a life without a fault did not; kept of that one. */
export function noteWords({ trial }: FaultyLife, life: Life): void {
  const { lines: usual } = trial.context.undisturbed;
  const said = trial.linesOf(life);
  if (trial.case.plain === true) {
    for (const line of said) usual.add(shapeOf(line));
    return;
  }
  const news = said.filter((line) => !usual.has(shapeOf(line)) && line.trim() !== '');
  const [marked, others] = [
    news.filter((line) => line.includes(MARK)),
    news.filter((line) => !line.includes(MARK)),
  ];
  trial.heard(
    'said of it',
    [...marked, ...others]
      .map((line) => line.slice(0, 500))
      .slice(0, 12)
      .join(' | '),
  );
}

/** The line without what differs from life to life. */
const shapeOf = (line: string): string => line.replaceAll(/[0-9a-f]{6,}|[\d.:]+/gi, '#');
