/**
 * Looks at the process of the service: whether it is the same one as before, and whether it grows. A job of the watch.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { deadlineIn, poll } from '../../harness/deadline.ts';
import { errorText } from '../../harness/errors.ts';
import type { ProcessSample, Reading } from '../../harness/observation.ts';
import { identityOf } from '../../harness/process-identity.ts';
import { hasProc } from '../../harness/supervisors/proc.ts';
import { listenersOf } from '../../harness/supervisors/proc-sockets.ts';
import { readUnit } from '../../harness/supervisors/systemd-unit.ts';
import { localTransport } from '../../harness/transport/local.ts';
import { lookAt } from '../../soak/probes/process-sample.ts';
import { localSource, sourceThrough } from '../../soak/probes/proc-source.ts';
import { MEASURES, noteSample, trendOf, type Block, type Measure } from './growth.ts';
import type { Look } from './ledger.ts';
import type { LookContext } from './looks.ts';
import { pauseBetween } from './pause.ts';

const STAYED = 'stayed-up';
const SUBJECT = 'process of the service';
const CONFIRM_MS = 300;
const CONFIRM_PACE = { firstMs: 20, maxMs: 100 };

interface Found {
  pid: number;
  /** Differs from life to life. */
  identity: string;
}

export async function lookAtProcess(context: LookContext): Promise<Look[]> {
  const found = await findProcess(context);
  if (!found.readable)
    return [stayed('unknown', found.reason, 'see to it that "watch.process" names how it is found')];
  if (found.value === undefined) {
    const message = 'there is no process';
    return [
      context.pause === undefined
        ? stayed('fail', message, 'start it, and see its log for why it ended')
        : stayed('skip', `paused (${context.pause}): ${message}`),
    ];
  }
  const identity = noteLife(context, found.value);
  return [identity, ...(await judgeGrowth(context, found.value))];
}

/** Another life than the last one that was seen is a restart: a finding, unless it was announced. */
function noteLife({ ledger, now, folder }: LookContext, { pid, identity }: Found): Look {
  const before = ledger.life;
  const seenAt = now.toISOString();
  if (before?.identity === identity) {
    before.seenIn = ledger.starts;
    before.seenAt = seenAt;
    return stayed('pass', `pid ${pid} since ${before.since}`);
  }
  ledger.life = { identity, pid, since: seenAt, seenIn: ledger.starts, seenAt, blocks: [] };
  if (before === undefined) return stayed('pass', `pid ${pid}, seen for the first time`);
  const message = `pid ${before.pid} of ${before.since} is gone, it is pid ${pid} now`;
  // A pause that was over before this look has announced it all the same.
  const pause = pauseBetween(folder, new Date(before.seenAt ?? before.since), now);
  if (pause !== undefined) return stayed('skip', `restarted as announced (${pause.reason}): ${message}`);
  if (before.seenIn !== ledger.starts)
    return stayed(
      'unknown',
      `restarted while the watch did not run: ${message}`,
      'see the log of the service',
    );
  return stayed(
    'fail',
    `restarted without a word: ${message}`,
    'see the log of the service, and what its supervisor says of the end',
  );
}

function stayed(outcome: Look['outcome'], message: string, fix?: string): Look {
  return { check: STAYED, subject: SUBJECT, outcome, message, ...(fix === undefined ? {} : { fix }) };
}

async function findProcess({
  watch,
  transport,
  projectRoot,
  signal,
}: LookContext): Promise<Reading<Found | undefined>> {
  const where = watch.process;
  if (where === undefined) return { readable: false, reason: 'watch.process is not configured' };
  if ('unit' in where) {
    const state = await readUnit(transport, where.unit);
    if (!state.readable) return state;
    const { mainPid, invocationId } = state.value;
    return {
      readable: true,
      value: mainPid === 0 ? undefined : { pid: mainPid, identity: `${mainPid} ${invocationId}` },
    };
  }
  if ('port' in where) {
    if (!hasProc()) return { readable: false, reason: 'this system has no /proc to look for who listens' };
    // A table that is read while sockets come and go may lack one: nobody is there when nobody is found again.
    const found = await poll(
      () => listenersOf(where.port)[0],
      deadlineIn(CONFIRM_MS, 'who listens'),
      CONFIRM_PACE,
      signal,
    );
    const first = found.met ? found.value : undefined;
    return {
      readable: true,
      value:
        first === undefined ? undefined : { pid: first.pid, identity: `${first.pid} ${first.startTicks}` },
    };
  }
  try {
    const pid = Number(readFileSync(resolve(projectRoot, where.pidFile), 'utf8').trim());
    const identity = identityOf(pid);
    return {
      readable: true,
      value: identity === undefined ? undefined : { pid, identity: `${pid} ${identity.startTicks ?? ''}` },
    };
  } catch (error) {
    return { readable: false, reason: `watch.process.pidFile: ${errorText(error)}` };
  }
}

async function judgeGrowth({ watch, ledger, now, transport }: LookContext, { pid }: Found): Promise<Look[]> {
  const source = transport === localTransport ? localSource(pid) : await sourceThrough(transport, pid);
  const { sample } = lookAt(source, undefined);
  const { life } = ledger;
  if (life === undefined) return [];
  noteSample(life, measured(sample), now.getTime(), watch.windowMs);
  return MEASURES.map((measure) => growthLook(measure, sample, trendOf(life, measure, watch.growth)));
}

function growthLook(measure: Measure, sample: ProcessSample, trend: ReturnType<typeof trendOf>): Look {
  const { check, title, read } = GROWTH[measure];
  const value = read(sample);
  const look = (outcome: Look['outcome'], message: string, fix?: string): Look => ({
    check,
    subject: SUBJECT,
    outcome,
    message,
    ...(fix === undefined ? {} : { fix }),
  });
  if (!value.readable)
    return look('unknown', value.reason, 'the watch must be allowed to look into /proc of the process');
  const now = `${value.value} ${title}`;
  if (trend.kind === 'early')
    return look(
      'skip',
      `${now}; ${trend.blocks} of the ${trend.needed} parts of the window that a trend needs`,
    );
  const range = `at least ${trend.from}, then at least ${trend.to} ${title}`;
  if (trend.kind === 'steady') return look('pass', `${now}; no steady rise (${range})`);
  return look(
    'fail',
    `they rise without end: ${range}`,
    `find what opens ${title} and does not release them: \`shakedown check\` names the places`,
  );
}

const GROWTH = {
  descriptors: {
    check: 'descriptors-stable',
    title: 'descriptors',
    read: ({ descriptors }) => total(descriptors, (value) => value.total),
  },
  children: {
    check: 'children-stable',
    title: 'child processes',
    read: ({ children }) => total(children, (value) => value.length),
  },
  memoryBytes: { check: 'memory-stable', title: 'bytes of memory', read: ({ rssBytes }) => rssBytes },
} as const satisfies Record<
  Measure,
  { check: string; title: string; read(sample: ProcessSample): Reading<number> }
>;

function total<T>(reading: Reading<T>, count: (value: T) => number): Reading<number> {
  return reading.readable ? { readable: true, value: count(reading.value) } : reading;
}

function measured(sample: ProcessSample): Block['least'] {
  const least: Block['least'] = {};
  for (const measure of MEASURES) {
    const value = GROWTH[measure].read(sample);
    if (value.readable) least[measure] = value.value;
  }
  return least;
}
