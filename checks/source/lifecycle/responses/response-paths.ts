/** The paths of a function from a response on: on which of them is its body read? Used by `responses.ts`. */
import type { FileFacts, Statement, Value } from '../../facts/model.ts';
import { eachStatement, eachValue, eachValueIn, valuesOf } from '../../facts/walk.ts';

/** Methods that read the body, or let it go. */
export const READS: ReadonlySet<string> = new Set([
  'json',
  'text',
  'arrayBuffer',
  'blob',
  'bytes',
  'formData',
  'clone',
]);
/** What tells of the response without reading its body. */
export const PLAIN: ReadonlySet<string> = new Set([
  'ok',
  'status',
  'statusCode',
  'statusText',
  'headers',
  'trailers',
  'url',
  'redirected',
  'type',
  'bodyUsed',
  'context',
  'opaque',
  'statusMessage',
]);

/** Where a path ends with the body unread. */
export interface Leak {
  at: number;
  how: 'return' | 'throw' | 'end';
}

/** Before there is a response, with its body unread, read or handed on; `over`: no path comes here. */
type State = 'before' | 'open' | 'read' | 'over';

interface Search {
  facts: FileFacts;
  /** Variables that hold the response. */
  held: ReadonlySet<number>;
  /** Variables that hold its body. */
  bodies: ReadonlySet<number>;
  first: number;
  leaks: Leak[];
  /** Something reads it somewhere. */
  reads: boolean;
}

/** `given`: the response is there from the start. */
export function runBody(
  facts: FileFacts,
  body: readonly Statement[],
  b: number,
  given = false,
): 'read' | 'never' | Leak {
  const held = new Set([b]);
  const bodies = new Set<number>();
  for (const each of eachStatement(body)) {
    if (each.s !== 'let' || each.v.k !== 'member' || each.v.o.k !== 'ref' || !held.has(each.v.o.b)) continue;
    if (each.v.p === 'body') bodies.add(each.b);
  }
  const search: Search = { facts, held, bodies, first: b, leaks: [], reads: false };
  const end = run(search, body, given ? 'open' : 'before');
  const last = body.at(-1);
  if (end === 'open') search.leaks.push({ at: last && 'at' in last ? last.at : 0, how: 'end' });
  const [leak] = search.leaks;
  if (!leak) return 'read';
  return search.reads ? leak : 'never';
}

function run(search: Search, statements: readonly Statement[], before: State): State {
  let state = before;
  for (const each of statements) {
    if (state === 'over') return state;
    state = runStatement(search, each, state);
  }
  return state;
}

function runStatement(search: Search, statement: Statement, before: State): State {
  let state = before;
  if (state === 'open' && valuesOf(statement).some((each) => takes(search, each))) {
    search.reads = true;
    state = 'read';
  }
  switch (statement.s) {
    case 'let':
      return statement.b === search.first ? 'open' : state;
    case 'return':
    case 'throw':
      if (state === 'open') search.leaks.push({ at: statement.at, how: statement.s });
      return 'over';
    case 'jump':
      return state === 'open' ? 'read' : state;
    case 'if':
      return runIf(search, statement, state);
    case 'switch': {
      const ends = statement.cases.map((each) => run(search, each, state));
      return merge([...ends, state]);
    }
    case 'block':
      return run(search, statement.body, state);
    case 'loop':
      return runLoop(search, statement, state);
    case 'try':
      return runTry(search, statement, state);
    default:
      return state;
  }
}

/** Without a body there is nothing to read: `response.status === 204`, `!response.body`. */
function runIf(search: Search, statement: Statement & { s: 'if' }, state: State): State {
  if (state === 'open' && isAboutNoBody(statement.c)) {
    const leaks = search.leaks.length;
    const then = run(search, statement.then, state);
    search.leaks.length = leaks;
    return merge([then === 'open' ? 'read' : then, run(search, statement.else, state)]);
  }
  return merge([run(search, statement.then, state), run(search, statement.else, state)]);
}

const isAboutNoBody = (condition: Value): boolean =>
  [...eachValue(condition)].some(
    (each) =>
      (each.k === 'constant' && /^(204|205|304)$/.test(each.text)) ||
      (each.k === 'member' && each.p === 'body'),
  );

/** What is asked for in a turn is read in that turn. */
function runLoop(search: Search, statement: Statement & { s: 'loop' }, state: State): State {
  const end = run(search, [...statement.head, ...statement.body], state);
  if (state === 'before' && end === 'open') {
    const last = statement.body.at(-1);
    search.leaks.push({ at: last && 'at' in last ? last.at : statement.at, how: 'end' });
    return 'before';
  }
  return end === 'over' ? state : end;
}

/** Where in the try it failed is not known: the catch may have nothing to read. */
function runTry(search: Search, statement: Statement & { s: 'try' }, state: State): State {
  const releases = statement.finally !== undefined && mentionsTaken(search, statement.finally);
  const leaks = search.leaks.length;
  const body = run(search, statement.body, state);
  const handled = statement.catch
    ? run(search, statement.catch.body, state === 'open' ? 'read' : state)
    : 'over';
  if (releases) {
    search.leaks.length = leaks;
    search.reads = true;
    return 'read';
  }
  const end = merge([body, handled]);
  return statement.finally && end !== 'over' ? run(search, statement.finally, end) : end;
}

function mentionsTaken(search: Search, statements: readonly Statement[]): boolean {
  return [...eachValueIn(statements)].some((each) => takes(search, each));
}

function merge(states: readonly State[]): State {
  if (states.includes('open')) return 'open';
  if (states.includes('read')) return 'read';
  return states.includes('before') ? 'before' : 'over';
}

/** The value reads the body, or hands the response or its body to somebody else. */
function takes(search: Search, value: Value): boolean {
  const { held, bodies } = search;
  switch (value.k) {
    case 'ref':
      return held.has(value.b) || bodies.has(value.b);
    case 'member':
      if (value.o.k === 'ref' && held.has(value.o.b)) return !PLAIN.has(value.p) && value.p !== 'body';
      // `response.body.dump()`, `response.headers.get()`.
      if (value.o.k === 'member' && value.o.o.k === 'ref' && held.has(value.o.o.b))
        return value.o.p === 'body';
      return takes(search, value.o);
    case 'fn':
      return [...eachValueIn(search.facts.functions[value.id]?.body ?? [])].some(
        (each) => each.k === 'ref' && (held.has(each.b) || bodies.has(each.b)),
      );
    case 'operands':
      return value.vs.some((each) => each.k !== 'ref' && takes(search, each));
    default:
      return innerOf(value).some((each) => takes(search, each) || isBody(search, each));
  }
}

/** `use(response.body)`, but not `response.body === null`. */
const isBody = ({ held }: Search, value: Value): boolean =>
  value.k === 'member' && value.p === 'body' && value.o.k === 'ref' && held.has(value.o.b);

function innerOf(value: Value): readonly Value[] {
  switch (value.k) {
    case 'call':
      return [value.f, ...value.a];
    case 'object':
      return [...value.props.map(([, each]) => each), ...value.spread];
    case 'array':
      return value.items;
    case 'spread':
    case 'await':
    case 'void':
      return [value.v];
    case 'assign':
      return [value.v];
    case 'choice':
      return value.c ? [value.c, ...value.vs] : value.vs;
    case 'index':
      return [value.o];
    default:
      return [];
  }
}
