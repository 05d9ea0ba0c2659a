/** A long life under steady load: whether its heap, after a collection, grows with the requests. */
import type { Limits } from '../../../harness/config.ts';
import type { CaseHistory, FaultScenario } from '../../faults/fault.ts';
import type { Trial } from '../../faults/trial.ts';
import { insideTrial } from '../../inside/inside-trial.ts';
import type { Probe } from '../../inside/probe.ts';
import { dataBytes, isLeak, LEAST_POINTS, memoryTrend, SIGNIFICANCE } from '../../leaks/memory-trend.ts';
import { observed } from '../../judges/judge.ts';
import { startLoad } from '../../load/generator.ts';
import { warmUp } from '../../load/warm-up.ts';
import { loadOf, pauseUnlessAborted, type Life } from '../one-life.ts';

const CASE = 'steady load';
const HEAP_WITHIN_MS = 5_000;

const scenario: FaultScenario = {
  name: 'long-uptime',
  group: 'time',
  title: 'the heap is the same after many requests as after few',
  why: 'a hundred bytes kept of each request are a restart by the out-of-memory killer every few weeks, at the worst time of the day',
  fix: 'find what keeps a piece of each request: a list or map that only grows, a listener for each call, a cache without a limit (node --heapsnapshot-signal=SIGUSR2); data that it is meant to keep is for limits.heapBytesPerRequest to allow',
  modes: [39],
  important: false,
  doesNotApply: ({ soak, service }) =>
    soak.load && service.port !== 'none'
      ? undefined
      : 'there is no load: nothing grows with requests that do not come',
  cannotRun: (_host, { soak }) => (soak.inside ? undefined : 'soak.inside is false: the heap cannot be seen'),
  cases: () => [{ name: CASE, ends: 'clean' }],
  async run(outer) {
    const { trial, probe } = await insideTrial(outer, { mode: 'light' });
    const life = await trial.startReady();
    const load = loadOf(trial.context, life);
    if (load === undefined) return trial.moot('the service listens nowhere: there is no load');
    await warmUp(load);
    const requests = await sampleHeap(trial, life, probe);
    trial.struck(`${requests} requests answered in steady load`);
    await trial.stop(life);
  },
  judge: judgeMemory,
};
export default scenario;

/** Load, quiet, a collection, and again; how many requests were answered in all. */
async function sampleHeap(trial: Trial, life: Life, probe: Probe): Promise<number> {
  const { samples, everyMs } = trial.context.uptime;
  const { cycle } = trial.case;
  let requests = 0;
  for (let sample = 1; sample <= samples; sample += 1) {
    const options = loadOf(trial.context, life);
    if (options === undefined) break;
    trial.context.progress.status(`long-uptime: ${sample} of ${samples}`);
    const load = startLoad({ ...options, seed: trial.context.seed + sample });
    await pauseUnlessAborted(everyMs, trial.context.signal).finally(() => load.stop());
    requests += (await load.stop()).byFate.answered;
    trial.demandAlive(life, 'under steady load');
    const heap = await probe.heap(HEAP_WITHIN_MS, trial.context.signal);
    trial.observe({ kind: 'memory', cycle, requests, heap });
  }
  return requests;
}

function judgeMemory(history: CaseHistory, limits: Limits): ReturnType<NonNullable<FaultScenario['judge']>> {
  const samples = observed(history, 'memory');
  const blind = samples.find(({ heap }) => !heap.readable);
  if (blind !== undefined && !blind.heap.readable)
    return [{ outcome: 'unknown', message: `the heap was not seen: ${blind.heap.reason}` }];
  const points = samples.flatMap(({ requests, heap }) =>
    heap.readable ? [{ requests, bytes: dataBytes(heap.value) }] : [],
  );
  const trend = memoryTrend(points);
  if (trend === undefined) {
    const message = `${points.length} samples of the heap are too few for a trend: ${LEAST_POINTS} blocks of the second half are needed`;
    return [{ outcome: 'unknown', message }];
  }
  const { heapBytesPerRequest: floor, heapBaselineBytesPerRequest: baseline } = limits;
  const seen = `${trend.bytesPerRequest.toFixed(1)} bytes more of heap for each of ${trend.requests} requests (a chance of ${chance(trend.pGrowth)} without growth; limit ${floor} bytes${baseline === 0 ? '' : ` over ${baseline}`})`;
  // A trend over hardly any requests has a slope that says nothing.
  if (trend.requests < MIN_REQUESTS)
    return [
      { outcome: 'unknown', message: `${seen}: fewer than ${MIN_REQUESTS} requests in the second half` },
    ];
  return [{ outcome: isLeak(trend, floor, baseline) ? 'fail' : 'pass', message: seen }];
}

const MIN_REQUESTS = 1_000;
const chance = (p: number): string => (p < SIGNIFICANCE / 10 ? `under ${SIGNIFICANCE / 10}` : p.toFixed(3));
