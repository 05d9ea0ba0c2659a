/** What is reached from where, and in which order modules run. Used by the graph. */
import { eachStatement, eachValueIn } from '../facts/walk.ts';
import {
  functionKey,
  functionOf,
  type CallEdge,
  type FunctionRef,
  type Program,
  type Registration,
} from './flow/program.ts';

/** Events whose handlers shut the program down. */
const SHUTDOWN_EVENTS = new Set([
  'SIGTERM',
  'SIGINT',
  'SIGHUP',
  'SIGQUIT',
  'SIGUSR2',
  'beforeExit',
  'disconnect',
  'message',
  'shutdown',
]);

export function index<Key>(edges: readonly CallEdge[], key: (edge: CallEdge) => Key): Map<Key, CallEdge[]> {
  const found = new Map<Key, CallEdge[]>();
  for (const edge of edges) {
    const own = key(edge);
    const known = found.get(own);
    if (known) known.push(edge);
    else found.set(own, [edge]);
  }
  return found;
}

/** With no entry named: the files that register handlers or start something at top level. */
export function activeFiles(program: Program): number[] {
  const found = new Set<number>();
  for (const each of [...program.registrations.values(), ...program.starts, ...program.openings]) {
    const site = program.sites[each.site];
    if (site?.fn === 0) found.add(site.file);
  }
  return [...found];
}

/** The modules that the entries load, dependencies first. */
export function loadedModules(program: Program, entries: readonly number[]): number[] {
  const seen = new Set<number>();
  const order: number[] = [];
  const visit = (file: number): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const each of program.files[file]?.facts.loads ?? []) {
      const target = program.files[file]?.resolve(each);
      if (typeof target === 'number') visit(target);
    }
    order.push(file);
  };
  entries.forEach(visit);
  return order;
}

export function reach(
  roots: readonly FunctionRef[],
  from: ReadonlyMap<string, CallEdge[]>,
  follow: (edge: CallEdge) => boolean,
): Map<string, CallEdge | undefined> {
  const found = new Map<string, CallEdge | undefined>(roots.map((each) => [functionKey(each), undefined]));
  // A list hands out what is added to it while it is walked.
  const queue = [...found.keys()];
  for (const next of queue)
    for (const edge of from.get(next) ?? []) {
      const key = functionKey(edge.to);
      if (found.has(key) || !follow(edge)) continue;
      found.set(key, edge);
      queue.push(key);
    }
  return found;
}

/** Its handler shuts the program down; one of messages only when it knows a message that says so. */
export function beginsShutdown(program: Program, registration: Registration): boolean {
  const { helper, events } = registration;
  const known = [...events].filter((event) => SHUTDOWN_EVENTS.has(event));
  if (helper !== undefined || known.some((event) => event !== 'message')) return true;
  return known.length > 0 && handlersOf(program, registration).some((each) => knowsStop(program, each));
}

const handlersOf = (program: Program, { handlers }: Registration): FunctionRef[] =>
  [...handlers].flatMap((id): FunctionRef[] => {
    const thing = program.flow.things[id];
    return thing?.t === 'function' ? [{ file: thing.file, fn: thing.fn }] : [];
  });

/** What pm2, naught and the like send, and what programs send their children. */
const STOP_MESSAGE = /^(graceful[-_ ]?)?(shut[-_ ]?down|stop|exit|close|quit|terminate|kill|disconnect)$/i;

/** It compares with such a message; the cases of a `switch` are not looked at. */
function knowsStop(program: Program, ref: FunctionRef): boolean {
  const { body } = functionOf(program, ref);
  if ([...eachStatement(body)].some((each) => each.s === 'switch')) return true;
  return [...eachValueIn(body)].some(
    (each) =>
      each.k === 'operands' &&
      /^[!=]==?$/.test(each.op ?? '') &&
      each.vs.some((one) => one.k === 'text' && STOP_MESSAGE.test(one.t)),
  );
}

export function shutdownRoots(program: Program, signals: readonly Registration[]): FunctionRef[] {
  return signals.flatMap((each): FunctionRef[] => {
    if (!beginsShutdown(program, each)) return [];
    const site = program.sites[each.site];
    // `await once(process, 'SIGTERM')`: what follows in the same function is the shutdown.
    if (each.handlers.size === 0 && each.helper === undefined) return site ? [site] : [];
    const direct = handlersOf(program, each);
    return [...direct, ...program.edges.filter((edge) => edge.site === each.site).map((edge) => edge.to)];
  });
}
