/** The tables of `npm run bench:restarts`. Pure: figures in, Markdown out. */
import { boundOfNone, type Result } from './result.ts';
import type { StepTime } from './step-times.ts';
import { type VariantId, VARIANTS } from './variants.ts';

export interface Circumstances {
  date: string;
  suite: string;
  node: string;
  cores: number;
  processor: string;
  perSecond: number;
  /** Planned for each client. */
  restarts: number;
  perTurn: number;
  /** How many clients of a unit asked at the same time. */
  together: number;
  /** Over the last quarter of an hour: what else the host did is in it. */
  loadAverage: number;
}

export interface Measured {
  results: Partial<Record<VariantId, Result>>;
  times: readonly StepTime[];
}

export function renderReport({ results, times }: Measured, circumstances: Circumstances): string {
  const rows = Object.entries(results) as [VariantId, Result][];
  return [
    headline(circumstances),
    ...(rows.length > 0 ? ['', ...lossTable(rows), '', ...priceTable(rows)] : []),
    ...(times.length > 0 ? ['', ...timeTable(times)] : []),
    ...unknowns(rows),
    '',
  ].join('\n');
}

function headline(at: Circumstances): string {
  const how = at.together > 1 ? `${at.together} clients at a time` : 'one client at a time';
  return `Measured ${at.date} on ${at.cores} cores (${at.processor}), in a disposable machine with Debian ${at.suite}, harness on Node ${at.node}: ${at.restarts} restarts for each client, in turns of ${at.perTurn}, ${how}, ${at.perSecond} requests a second from the host in an open loop, load average ${at.loadAverage.toFixed(1)}. \`npm run bench:restarts -- --write\` measures again.`;
}

function lossTable(rows: readonly [VariantId, Result][]): string[] {
  return [
    '| client | sent | answered | refused | reset, new | reset, reused | cut | wrong status | late | other | lost | lost a restart | restarts that lost some |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(([id, result]) => {
      const { answered, refused, resetFresh, resetReused, cut, wrongStatus, late, other } = result.byFate;
      const fates = [answered, refused, resetFresh, resetReused, cut, wrongStatus, late, other];
      return row([
        VARIANTS[id].title,
        ...[result.sent, ...fates].map(count),
        `**${count(result.lost)}**`,
        result.restarts === 0 ? '-' : (result.lost / result.restarts).toFixed(result.lost === 0 ? 0 : 2),
        lossy(result),
      ]);
    }),
  ];
}

/** None is never nothing: how often it may happen all the same stands beside it. */
function lossy(result: Result): string {
  if (result.unknown.length > 0) return 'unknown';
  const of = `${result.lossy} of ${result.restarts}`;
  return result.lossy > 0 || result.lost > 0
    ? of
    : `${of} (under ${(boundOfNone(result.restarts) * 100).toFixed(1)} % at 95 %)`;
}

function priceTable(rows: readonly [VariantId, Result][]): string[] {
  return [
    '| client | latency p50 / p99 / max ms | restart median / max ms | requests under way at the stop, of restarts | asked twice | restarts refused |',
    '|---|---|---|---|---|---|',
    ...rows.map(([id, { latencyMs, restartMs, ...result }]) =>
      row([
        VARIANTS[id].title,
        [latencyMs.p50, latencyMs.p99, latencyMs.max].map(milliseconds).join(' / '),
        [restartMs.median, restartMs.max].map(milliseconds).join(' / '),
        `${result.struck} of ${result.restarts}`,
        VARIANTS[id].retries ? count(result.retried) : '-',
        count(result.refusedRestarts),
      ]),
    ),
  ];
}

function timeTable(times: readonly StepTime[]): string[] {
  return [
    '| step, once | s |',
    '|---|---|',
    ...times.map(({ what, tookMs }) => row([what, (tookMs / 1_000).toFixed(1)])),
  ];
}

function unknowns(rows: readonly [VariantId, Result][]): string[] {
  const told = rows.filter(([, { unknown }]) => unknown.length > 0);
  if (told.length === 0) return [];
  return ['', ...told.map(([id, { unknown }]) => `Unknown, ${VARIANTS[id].title}: ${unknown.join('; ')}.`)];
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const count = (value: number): string => value.toLocaleString('en');
const milliseconds = (value: number): string =>
  Number.isNaN(value) ? '-' : value.toFixed(value < 10 ? 1 : 0);
