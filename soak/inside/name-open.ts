/**
 * Names what the probe saw open in the words of the resource catalogue, with the line of the project that opened it and
 * the source rule that owns it. Pure but for source maps. Called by `probe.ts`.
 */
import { RESOURCE_CATALOGUE } from '../../harness/resource-catalogue.ts';
import type { ResourceRow } from '../../harness/resource-catalogue.ts';
import { RULE_OF_KIND } from '../../harness/resource-catalogue/rule-of-kind.ts';
import type { LookMoment, OpenThing } from '../../harness/observations/inside.ts';
import type { Placed } from './places.ts';
import type { RawFrame, RawSeen, RawThing } from './probe-lines.ts';

type Place = (frame: RawFrame, origin?: RawFrame | null) => Placed;

const STACK_KEPT = 8;
/** Node's own pools: their connections come and go as they are needed, and so do the timers of these. */
const POOLS = /^node:(_http_agent|internal\/deps\/undici\/undici)$/;
/** Packages that are pools of the same kind. */
const POOL_PACKAGES: readonly string[] = ['undici'];
const POOL_ROW = rowOfOpening('node:http Agent');
/** Not in the catalogue: the source checks would ask for a release, and what a request needs is a deadline. */
const FETCH = 'global fetch';
const FETCH_ROW = {
  kind: 'http client',
  noun: 'request by fetch',
  hint: 'give it a signal: AbortSignal.timeout, together with one that the shutdown aborts; read the answer to its end or cancel its body',
} as const satisfies Partial<ResourceRow>;
type NamedRow = Pick<ResourceRow, 'kind' | 'noun' | 'hint' | 'endsWithProcess'>;

/**
 * Everything that is open, equal ones together; what Node keeps for itself is left out. In the middle of an exit Node
 * still counts what has just been closed: then only what was followed is named.
 */
export function nameOpen(seen: RawSeen, place: Place, moment: LookMoment): OpenThing[] {
  const followed = [...seen.open, ...(seen.more ?? [])].flatMap((thing) => nameThing(thing, place) ?? []);
  const files = (seen.files ?? []).map((file) => nameFile(file, place));
  return together([...followed, ...files, ...(moment === 'asked' ? unfollowed(seen, followed) : [])]);
}

function nameThing(thing: RawThing, place: Place): OpenThing | undefined {
  const frames = thing.frames.map((frame, index) => place(frame, thing.origins?.[index]));
  // Without any frame but Node's own, Node opened it for itself.
  if (!frames.some(({ room }) => room.in !== 'node')) return undefined;
  const platform: NamedRow | undefined = thing.opens === FETCH ? FETCH_ROW : rowOfOpening(thing.opens);
  if (platform === undefined) return undefined;
  const isOfNode = frames.some(({ room, file }) => room.in === 'node' && POOLS.test(file));
  const at = frames.find(({ room }) => room.in === 'project');
  const through = outermostPackage(frames);
  const isFetch = platform === FETCH_ROW;
  const row: NamedRow = (isFetch ? undefined : isOfNode ? POOL_ROW : rowOfPackage(through)) ?? platform;
  const isOneShot =
    thing.opens === 'global setTimeout' &&
    row === platform &&
    thing.dueInMs !== undefined &&
    !isArmedByTimer(frames);
  return {
    kind: row.kind,
    noun: isOneShot ? 'one-shot timer' : row.noun,
    count: 1,
    holds: thing.holds !== false,
    endsWithProcess: row.endsWithProcess === true,
    ...(isOneShot ? { dueInMs: thing.dueInMs } : {}),
    pooled: isOfNode || frames.some(({ room }) => room.in === 'package' && POOL_PACKAGES.includes(room.name)),
    ...(at === undefined ? {} : { at: placeOf(at) }),
    ...(through === undefined ? {} : { via: through.package }),
    detail: thing.detail ?? '',
    hint: row.hint,
    rule: RULE_OF_KIND[row.kind],
    stack: frames.slice(0, STACK_KEPT).map(describe),
  };
}

/** Armed in the callback of a timer: one of a chain. */
const isArmedByTimer = (frames: readonly Placed[]): boolean =>
  frames.some(({ room, function: name }) => room.in === 'node' && name === 'listOnTimeout');

function nameFile(file: NonNullable<RawSeen['files']>[number], place: Place): OpenThing {
  const frames = file.frames.map((frame, index) => place(frame, file.origins?.[index]));
  const at = frames.find(({ room }) => room.in === 'project');
  return {
    kind: 'file',
    noun: 'file',
    count: 1,
    holds: false,
    endsWithProcess: true,
    pooled: false,
    ...(at === undefined ? {} : { at: placeOf(at) }),
    detail: file.path,
    hint: 'close it in a finally',
    rule: RULE_OF_KIND.file,
    stack: frames.slice(0, STACK_KEPT).map(describe),
  };
}

/** What keeps the loop alive by Node's own count, and was not followed: no line is known. */
const COUNTED = [
  { row: 'node:net createServer', names: ['TCPServerWrap', 'PipeServerWrap'], kinds: ['server'] },
  { row: 'node:dgram createSocket', names: ['UDPWrap', 'UDPWRAP'], nouns: ['udp socket'] },
  { row: 'node:fs watch', names: ['FSEventWrap', 'FSEVENTWRAP'], kinds: ['watcher'] },
  { row: 'node:fs watchFile', names: ['StatWatcher', 'STATWATCHER'], kinds: ['watcher'] },
  { row: 'node:child_process spawn', names: ['ProcessWrap'], kinds: ['process'] },
] as const satisfies {
  row: string;
  names: readonly string[];
  kinds?: readonly string[];
  nouns?: readonly string[];
}[];

function unfollowed({ active }: RawSeen, followed: readonly OpenThing[]): OpenThing[] {
  if (active === undefined) return [];
  return COUNTED.flatMap((each) => {
    const row = rowOfOpening(each.row);
    const counted = each.names.reduce((sum, name) => sum + (active[name] ?? 0), 0);
    const known = followed.filter(
      ({ kind, noun, holds }) =>
        holds &&
        ('kinds' in each
          ? (each.kinds as readonly string[]).includes(kind)
          : each.nouns.includes(noun as 'udp socket')),
    ).length;
    if (row === undefined || counted <= known) return [];
    return [
      {
        kind: row.kind,
        noun: row.noun,
        count: counted - known,
        holds: true,
        endsWithProcess: false,
        pooled: false,
        detail: 'opened where the probe does not look',
        hint: row.hint,
        rule: RULE_OF_KIND[row.kind],
        stack: [],
      },
    ];
  });
}

interface Through {
  package: string;
  /** The function that the project called. */
  function: string;
}

/** The package that the line of the project called. */
function outermostPackage(frames: readonly Placed[]): Through | undefined {
  const end = frames.findIndex(({ room }) => room.in === 'project');
  const before = (end < 0 ? frames : frames.slice(0, end)).toReversed();
  for (const frame of before) {
    if (frame.room.in === 'package') return { package: frame.room.name, function: frame.function };
  }
  return undefined;
}

/** The row of a package: the one whose opening has the name of the function that was called, else its first. */
function rowOfPackage(through: Through | undefined): ResourceRow | undefined {
  if (through === undefined) return undefined;
  const rows = RESOURCE_CATALOGUE.filter(({ opens }) =>
    opens.some(
      (each) =>
        each === through.package ||
        each.startsWith(`${through.package} `) ||
        each.startsWith(`${through.package}/`),
    ),
  );
  const called = through.function.split('.').at(-1)?.replace(/^new /, '') ?? '';
  return rows.find(({ opens }) => opens.some((each) => called !== '' && each.endsWith(called))) ?? rows[0];
}

function rowOfOpening(opens: string): ResourceRow | undefined {
  return RESOURCE_CATALOGUE.find((row) => row.opens.includes(opens));
}

function together(things: readonly OpenThing[]): OpenThing[] {
  const groups = new Map<string, OpenThing>();
  for (const thing of things) {
    const where =
      thing.at === undefined ? thing.stack.join() : `${thing.at.file}:${thing.at.line}:${thing.at.column}`;
    const key = `${thing.noun} ${thing.holds} ${where} ${thing.kind === 'file' ? thing.detail : ''}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { ...thing });
    else known.count += thing.count;
  }
  return [...groups.values()];
}

const placeOf = ({ file, line, column, function: name }: Placed) => ({ file, line, column, function: name });
const describe = (frame: Placed): string =>
  `${frame.function || '(top level)'} (${frame.file}:${frame.line}:${frame.column})`;
