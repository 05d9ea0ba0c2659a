/** What the judges of what is seen from inside share: whether the probe was meant to be there, and whether it was. */
import type { OpenThing, SourcePlace } from '../../harness/observations/inside.ts';
import type { Location } from '../../harness/verdict.ts';
import type { History } from '../history.ts';
import type { Judgement } from '../judges/judge.ts';
import { cycleEvidence, observed, plannedCycles, unknownWhenMissing } from '../judges/judge.ts';

/** Why there is nothing to judge: left out on purpose, never planned, or the probe did not speak in some life. */
export function withoutProbe(history: History): Judgement | undefined {
  const planned = observed(history, 'inside-planned')[0];
  if (planned === undefined) {
    const message = 'it is not on record whether the service was looked into: this history has no probe';
    return { outcome: 'unknown', message, evidence: ['observations.ndjson'] };
  }
  if (planned.because !== undefined)
    return { outcome: 'skip', message: `not looked into: ${planned.because}`, evidence: [] };
  const heard = observed(history, 'inside-heard');
  const silent = heard.find(({ loaded }) => !loaded.readable);
  if (silent !== undefined && !silent.loaded.readable) {
    const message = `the probe said nothing in cycle ${silent.cycle}: ${silent.loaded.reason}`;
    return { outcome: 'unknown', message, evidence: cycleEvidence([silent.cycle]) };
  }
  const blind = heard.find((each) => each.blind.length > 0);
  if (blind !== undefined) {
    const message = `the probe could not see everything in cycle ${blind.cycle}: ${blind.blind[0]}`;
    return { outcome: 'unknown', message, evidence: cycleEvidence([blind.cycle]) };
  }
  return unknownWhenMissing(history, heard, 'word of the probe');
}

/** `2 intervals opened at src/jobs.ts:12 (start)`. */
export function nameThing({ noun, count, at, via, detail, rule }: OpenThing): string {
  const where = at === undefined ? (via === undefined ? '' : ` of ${via}`) : ` opened at ${placeText(at)}`;
  const through = at !== undefined && via !== undefined ? ` through ${via}` : '';
  const what = detail === '' ? '' : ` (${detail})`;
  return `${count === 1 ? '' : `${count} `}${noun}${count === 1 ? '' : 's'}${what}${where}${through} [${rule}]`;
}

export function placeText({ file, line, function: name }: SourcePlace): string {
  return `${file}:${line}${name === '' ? '' : ` in ${name}`}`;
}

export function locationOf(at: SourcePlace | undefined): { location?: Location } {
  return at === undefined ? {} : { location: { file: at.file, line: at.line, column: at.column } };
}

export function lives(history: History): string {
  const count = plannedCycles(history).length;
  return count === 1 ? 'one life' : `${count} lives`;
}
