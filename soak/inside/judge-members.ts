/** What must hold when a start or a stop has failed, besides what must hold always. Pure. */
import type { FaultHow } from '../../harness/observations/inside.ts';
import type { CaseHistory, FaultScenario } from '../faults/fault.ts';
import { observed } from '../judges/judge.ts';
import { ALL, MARK, UNDISTURBED } from './member-faults.ts';

type Opinions = ReturnType<NonNullable<FaultScenario['judge']>>;

/** Words for a wait that was given up. */
const GAVE_UP =
  /time|deadline|hang|hung|stuck|still|gave up|giving up|abort|slow|not (stop|clos|end|finish)|did not|failed|within/i;

/** All others were stopped all the same, and the failure was told. */
export function judgeStops(history: CaseHistory, how: FaultHow): Opinions {
  const before = calledIn(history, UNDISTURBED);
  if (before === undefined)
    return [{ outcome: 'unknown', message: 'there is no life without a fault to compare with' }];
  const stops = before.filter((id) => isStop(history, id));
  const now = new Set(observed(history, 'fault-called').map(({ member }) => member));
  const failing = new Set(
    observed(history, 'fault-called')
      .filter((fact) => fact.how !== 'pass')
      .map(({ member }) => member),
  );
  // What only the failed one stops is a part of it.
  const left = stops.filter((id) => !now.has(id) && !failing.has(partOf(history, id) ?? ''));
  if (left.length > 0) {
    const failed = history.case.name === ALL ? 'all of them failed' : `${history.case.name} failed`;
    return [{ outcome: 'fail', message: `not stopped when ${failed}: ${left.join(', ')}` }];
  }
  return [
    { outcome: 'pass', message: `all ${stops.length} stops of a life without a fault were called` },
    ...(how === 'slow' ? [] : judgeWords(history, how)),
  ];
}

/** What had been started before was stopped, the failure was told, and it never said that it is ready. */
export function judgeStarts(history: CaseHistory, how: FaultHow): Opinions {
  if (observed(history, 'moot').length > 0) return [];
  const ready = observed(history, 'ready')[0];
  if (ready !== undefined) {
    const message = `it said that it is ready (${ready.by}) although ${history.case.name} ${how === 'hang' ? 'had never ended' : 'had failed'}`;
    return [{ outcome: 'fail', message }];
  }
  const before = calledIn(history, UNDISTURBED);
  if (before === undefined)
    return [{ outcome: 'unknown', message: 'there is no life without a fault to compare with' }];
  const now = observed(history, 'fault-called').map(({ member }) => member);
  const started = now.filter((id) => !isStop(history, id) && id !== history.case.name);
  const owed = started.flatMap((id) =>
    before.filter((stop) => isStop(history, stop) && ownerOf(stop) === ownerOf(id)),
  );
  const left = owed.filter((stop) => !now.includes(stop));
  if (left.length > 0)
    return [
      {
        outcome: 'fail',
        message: `started, and not stopped when ${history.case.name} failed: ${left.join(', ')}`,
      },
    ];
  return [
    { outcome: 'pass', message: `${owed.length} subsystems had been started, and were stopped again` },
    ...(how === 'hang' ? [] : judgeWords(history, how)),
  ];
}

function judgeWords(history: CaseHistory, how: FaultHow): Opinions {
  // What did not strike has nothing to be told of.
  if (observed(history, 'struck').length === 0) return [];
  const said = observed(history, 'heard').find(({ what }) => what === 'said of it');
  if (said === undefined) return [{ outcome: 'unknown', message: 'its log is not on record' }];
  const isTold = how === 'hang' ? GAVE_UP.test(said.words) : said.words.includes(MARK);
  if (isTold) return [{ outcome: 'pass', message: `it said so: ${said.words.slice(0, 160)}` }];
  const words = said.words === '' ? 'nothing that it does not always say' : said.words.slice(0, 300);
  return [{ outcome: 'fail', message: `the failure is not in its log: it said ${words}` }];
}

/** Members that the life of another case called; undefined: that life is not on record. */
function calledIn(history: CaseHistory, name: string): string[] | undefined {
  const begun = history.all.find((fact) => fact.kind === 'case-begun' && fact.name === name);
  if (begun?.kind !== 'case-begun') return undefined;
  const called = observed({ observations: history.all }, 'fault-called').filter(
    ({ cycle }) => cycle === begun.cycle,
  );
  return called.length === 0 ? undefined : called.map(({ member }) => member);
}

function isStop(history: CaseHistory, id: string): boolean {
  return observed({ observations: history.all }, 'fault-armed').some(
    (fact) => fact.member === id && fact.is === 'stop',
  );
}

function partOf(history: CaseHistory, id: string): string | undefined {
  return observed({ observations: history.all }, 'fault-armed').find(({ member }) => member === id)?.partOf;
}

/** `src/a.ts Cache` of `src/a.ts Cache.stop`; for a function of a module its file. */
const ownerOf = (id: string): string =>
  id.includes('.', id.lastIndexOf(' ')) ? id.slice(0, id.lastIndexOf('.')) : id.slice(0, id.lastIndexOf(' '));
