/** What the probe said, as observations: looks, and what it heard. Pure but for source maps. Called by `probe.ts`. */
import type { InsideLook, InsideWord } from '../../harness/observations/inside.ts';
import type { FactOf, Reading } from '../../harness/observation.ts';
import { nameOpen } from './name-open.ts';
import type { createPlacer } from './places.ts';
import type { ProbeLine, ProbeLineOf, RawFrame } from './probe-lines.ts';

/** What was heard over a whole life. */
export type Heard = Omit<FactOf<'inside-heard'>, 'kind' | 'cycle'>;

type Place = ReturnType<typeof createPlacer>;

export function lookOf({ moment, loop, seen, code, by }: ProbeLineOf<'look'>, place: Place): InsideLook {
  const caller = by?.map((frame) => place(frame)).find(({ room }) => room.in !== 'node');
  return {
    moment,
    open: nameOpen(seen, place, moment),
    listeners: seen.listeners,
    ...(loop === undefined ? {} : { loop }),
    ...(typeof code === 'number' ? { exitCode: code } : {}),
    ...(caller === undefined
      ? {}
      : {
          exitBy: { file: caller.file, line: caller.line, column: caller.column, function: caller.function },
        }),
  };
}

export function lastLook(lines: readonly ProbeLine[], place: Place): Reading<InsideLook> {
  const looks = lines.filter(
    (each): each is ProbeLineOf<'look'> => each.said === 'look' && each.moment !== 'asked',
  );
  const last = looks.at(-1);
  return last === undefined
    ? { readable: false, reason: silenceOf(lines) }
    : { readable: true, value: lookOf(last, place) };
}

/** Why nothing was heard, as far as what was said tells. */
export function silenceOf(lines: readonly ProbeLine[]): string {
  const why = lines.findLast(({ said }) => said === 'broken' || said === 'deaf' || said === 'blind');
  if (why !== undefined && 'reason' in why) return `the probe said: ${why.reason}`;
  if (lines.length === 0)
    return 'the probe was never loaded: the program is no Node, or it does not obey NODE_OPTIONS';
  if (lines.some(({ said }) => said === 'exit')) return 'the process ended without a look';
  return 'the probe was loaded, and then said nothing: the process was killed, or its loop does not turn';
}

export function heardIn(lines: readonly ProbeLine[], place: Place): Heard {
  const loaded = lines.find((each) => each.said === 'loaded');
  const words = (said: 'rejection' | 'exception'): InsideWord[] =>
    lines.flatMap((each) => (each.said === said ? [wordOf(said, each.message, each.stack, place)] : []));
  return {
    loaded:
      loaded === undefined
        ? { readable: false, reason: silenceOf(lines) }
        : { readable: true, value: { pid: loaded.pid, node: loaded.node } },
    warnings: lines.flatMap((each) =>
      each.said === 'warning'
        ? [
            wordOf(
              each.code === undefined ? each.name : `${each.name} ${each.code}`,
              each.message,
              each.stack,
              place,
            ),
          ]
        : [],
    ),
    rejections: words('rejection'),
    exceptions: words('exception'),
    blind: lines.flatMap((each) =>
      each.said === 'blind' || each.said === 'broken' || each.said === 'deaf' ? [each.reason] : [],
    ),
  };
}

/** The first line of the project on a stack that is text. */
function wordOf(name: string, message = '', stack: string | undefined, place: Place): InsideWord {
  const frames = (stack ?? '').split('\n').flatMap((text): RawFrame[] => {
    const found = /^\s+at (?:(.*?) \()?(?:async )?((?:file:|[A-Za-z]:[\\/]|\/)[^()]*?):(\d+):(\d+)\)?$/.exec(
      text,
    );
    return found === null ? [] : [[found[1] ?? '', found[2] ?? '', Number(found[3]), Number(found[4])]];
  });
  const at = frames.map((frame) => place(frame)).find(({ room }) => room.in === 'project');
  return {
    name,
    message,
    ...(at === undefined
      ? {}
      : { at: { file: at.file, line: at.line, column: at.column, function: at.function } }),
  };
}
