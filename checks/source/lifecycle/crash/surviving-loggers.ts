/** Loggers that take the place of a crash handler and let the process go on. Used by crash-exits. */
import type { Value } from '../../facts/model.ts';
import { functionKey, type Graph, type Site } from '../../graph/graph.ts';

const isTrue = (value: Value): boolean => value.k === 'constant' && value.text === 'true';
const isFalse = (value: Value): boolean => value.k === 'constant' && value.text === 'false';

function option(site: Site, name: string): Value | undefined {
  for (const each of site.call.a)
    if (each.k === 'object') {
      const found = each.props.find(([key]) => key === name);
      if (found) return found[1];
    }
  return undefined;
}

/** A logger or a transport of winston. */
const isWinston = (graph: Graph, site: Site): boolean =>
  graph
    .things(site.callee)
    .some(
      (each) =>
        (each.t === 'external' || each.t === 'resource') && /^winston(-daily-rotate-file)?$/.test(each.from),
    );

const CATCHING = ['handleExceptions', 'handleRejections'];

/** `winston.createLogger({ exitOnError: false })` where it, or one of its transports, takes crashes. */
export function survivingLoggers(graph: Graph): { site: Site; catching: Site }[] {
  const own = graph.program.sites.filter(
    (site) => graph.live.has(functionKey(site)) && isWinston(graph, site),
  );
  const takesCrashes = (site: Site): boolean =>
    CATCHING.some((name) => {
      const found = option(site, name);
      return found !== undefined && isTrue(found);
    });
  return own.flatMap((site) => {
    const stays = option(site, 'exitOnError');
    if (!stays || !isFalse(stays)) return [];
    const handlers = option(site, 'exceptionHandlers') ?? option(site, 'rejectionHandlers');
    const catching = handlers
      ? site
      : own.find((each) => takesCrashes(each) && (each.id === site.id || isGiven(graph, site, each)));
    return catching ? [{ site, catching }] : [];
  });
}

/** The transport is in the list that the logger is made with. */
function isGiven(graph: Graph, logger: Site, transport: Site): boolean {
  const list = option(logger, 'transports');
  if (!list) return false;
  const items = list.k === 'array' ? list.items : [list];
  const made = new Set(graph.things(transport.result));
  return items.some(
    (item) =>
      item === transport.call ||
      graph.valueThings(item, logger).some((each) => made.has(each) && each.t !== 'external') ||
      isVariableOf(graph, item, logger, transport),
  );
}

/** `const file = new transports.File(...)`, given by its name. */
function isVariableOf(graph: Graph, item: Value, logger: Site, transport: Site): boolean {
  if (item.k !== 'ref' || logger.file !== transport.file) return false;
  const { functions } = graph.program.files[logger.file]?.facts ?? { functions: [] };
  return functions.some((fn) =>
    fn.body.some((each) => each.s === 'let' && each.b === item.b && each.v === transport.call),
  );
}
