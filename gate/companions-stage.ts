/**
 * The stage `companions`: starts the programs that run beside the service, stays while the stages that need them run,
 * asks for complaints, stops them. What goes wrong with one is `unknown`: it says nothing about the service.
 * Run by `run-stages.ts`, which tells it when nobody needs them any more.
 */
import {
  Companion,
  choosePorts,
  type CompanionStart,
  type CompanionStop,
} from '../harness/companions/companion.ts';
import type { CompanionAddresses } from '../harness/companions/placeholders.ts';
import type { Config } from '../harness/config.ts';
import { errorText } from '../harness/errors.ts';
import type { Reading } from '../harness/observation.ts';
import type { Stage, StageContext } from '../harness/stage.ts';
import { createVerdict, type Outcome } from '../harness/verdict.ts';

/** Everything that was seen of them, one JSON object a line. */
const RECORD_FILE = 'companions.ndjson';
/** Complaints that a message quotes; the rest is in the record. */
const MAX_QUOTED = 20;
const NOT_THE_SERVICE = 'this says nothing about the service: see to the companion, and run the gate again';

/** Whether the service can be run with them. */
export type CompanionsStart =
  { ready: true; addresses: CompanionAddresses } | { ready: false; reason: string };

export interface CompanionsStage extends Stage {
  name: 'companions';
  /** Settles once they are ready, or cannot be; never rejects. Only after {@link Stage.run} has begun. */
  readonly started: Promise<CompanionsStart>;
  /** Nobody needs them any more: they are asked, stopped and judged, and `run` ends. */
  release(): void;
}

/** A stage of its own for one run of the gate. */
export function companionsStage(): CompanionsStage {
  const start = Promise.withResolvers<CompanionsStart>();
  const released = Promise.withResolvers<void>();
  return {
    name: 'companions',
    plan: planCompanions,
    started: start.promise,
    release: released.resolve,
    async run(context) {
      const crew: Companion[] = [];
      try {
        await assemble(context, crew);
        const seen = await startAll(context, crew);
        start.resolve(seen);
        await released.promise;
        for (const companion of crew)
          await (seen.ready ? dismiss(context, companion) : giveUp(context, companion));
      } catch (error) {
        start.resolve({ ready: false, reason: errorText(error) });
        throw error;
      } finally {
        await disposeAll(crew);
      }
    },
  };
}

function planCompanions({ companions }: Config): { checks: string[] } {
  if (companions.length === 0) return { checks: [] };
  const asked = companions.some(({ complaints }) => complaints !== undefined);
  return {
    checks: ['companion-ready', 'companion-stayed-up', ...(asked ? ['no-complaints'] : [])],
  };
}

async function assemble(context: StageContext, crew: Companion[]): Promise<void> {
  const ports = await choosePorts(context.config.companions);
  for (const config of context.config.companions)
    crew.push(new Companion(context, config, ports.get(config.name) ?? {}, context.seed));
}

async function startAll(context: StageContext, crew: readonly Companion[]): Promise<CompanionsStart> {
  context.progress.status(`companions: starting ${crew.map(({ name }) => name).join(', ')}`);
  const starts = await Promise.allSettled(
    crew.map(async (companion) => {
      const begun = new Date().toISOString();
      const seen = await companion.start(context.signal);
      const { name, pid, addresses } = companion;
      record(context, { kind: 'start', companion: name, pid, addresses, ...prefixed(seen) });
      judgeStart(context, companion, seen, begun);
      return seen.kind === 'ready' ? undefined : `the companion ${name} was not ready: ${seen.reason}`;
    }),
  );
  for (const start of starts) if (start.status === 'rejected') throw start.reason;
  const reason = starts.find((start) => start.status === 'fulfilled' && start.value !== undefined);
  if (reason?.status === 'fulfilled' && reason.value !== undefined)
    return { ready: false, reason: reason.value };
  return { ready: true, addresses: Object.fromEntries(crew.map(({ name, addresses }) => [name, addresses])) };
}

function judgeStart(
  context: StageContext,
  companion: Companion,
  seen: CompanionStart,
  startedAt: string,
): void {
  if (seen.kind === 'ready') {
    const ports = Object.entries(companion.addresses).map(([port, address]) => `${port} ${address}`);
    const where = ports.length === 0 ? '' : `; ${ports.join(', ')}`;
    const message = `ready after ${Math.round(seen.afterMs)} ms (${seen.by})${where}`;
    give(context, companion, 'companion-ready', {
      outcome: 'pass',
      message,
      startedAt,
      durationMs: seen.afterMs,
    });
    return;
  }
  const message = `it was not ready, and the service was not started: ${seen.reason}`;
  give(context, companion, 'companion-ready', {
    outcome: 'unknown',
    message,
    fix: NOT_THE_SERVICE,
    startedAt,
  });
}

/** Where one did not start, none is needed: what there was to see of them has that one cause. */
async function giveUp(context: StageContext, companion: Companion): Promise<void> {
  const stop = await companion.stop();
  record(context, { kind: 'stop', companion: companion.name, ...prefixed(stop) });
  const finding = {
    outcome: 'unknown',
    message: 'it was stopped before the service was started',
    fix: NOT_THE_SERVICE,
    because: 'companion-ready',
  } as const;
  give(context, companion, 'companion-stayed-up', finding);
  if (companion.isAsked) give(context, companion, 'no-complaints', finding);
}

/** Asks, stops and judges one companion. */
async function dismiss(context: StageContext, companion: Companion): Promise<void> {
  const complaints = await companion.complaints();
  const stop = await companion.stop();
  record(context, { kind: 'stop', companion: companion.name, complaints, ...prefixed(stop) });
  judgeStop(context, companion, stop);
  if (complaints !== undefined) judgeComplaints(context, companion, complaints);
}

function judgeStop(context: StageContext, companion: Companion, stop: CompanionStop | undefined): void {
  const check = 'companion-stayed-up';
  const unknown = (message: string): void =>
    give(context, companion, check, { outcome: 'unknown', message, fix: NOT_THE_SERVICE });
  if (stop === undefined) return unknown('it was never started');
  if (stop.kind === 'gone') {
    const words =
      stop.lastLines.length === 0
        ? 'it logged nothing'
        : `last lines of its log: ${stop.lastLines.join(' | ')}`;
    return unknown(`it ended while it was needed, ${exitText(stop.exit)}; ${words}`);
  }
  if (stop.kind === 'still-running') return unknown(`${stop.reason} after its stop signal; it was killed`);
  const message = `ran until it was told to stop; ended ${Math.round(stop.afterMs)} ms later, ${exitText(stop.exit)}`;
  give(context, companion, check, { outcome: 'pass', message, durationMs: stop.afterMs });
}

function judgeComplaints(context: StageContext, companion: Companion, complaints: Reading<unknown[]>): void {
  const check = 'no-complaints';
  if (!complaints.readable) {
    const message = `its complaints could not be read: ${complaints.reason}`;
    return give(context, companion, check, { outcome: 'unknown', message, fix: NOT_THE_SERVICE });
  }
  const { value } = complaints;
  if (value.length === 0)
    return give(context, companion, check, { outcome: 'pass', message: 'no complaints' });
  const quoted = value
    .slice(0, MAX_QUOTED)
    .map((entry) => (typeof entry === 'string' ? entry : JSON.stringify(entry)));
  const rest = value.length > MAX_QUOTED ? `; and ${value.length - MAX_QUOTED} more in ${RECORD_FILE}` : '';
  give(context, companion, check, {
    outcome: 'fail',
    message: `${value.length} complaints: ${quoted.join('; ')}${rest}`,
    fix: 'the companion and what the service asks of it do not fit: correct the one that is wrong',
  });
}

interface Finding {
  outcome: Outcome;
  message: string;
  fix?: string;
  because?: string;
  startedAt?: string;
  durationMs?: number;
}

function give(context: StageContext, companion: Companion, check: string, finding: Finding): void {
  const { files, verdict } = context;
  verdict(
    createVerdict({
      stage: 'companions',
      check,
      subject: companion.name,
      evidence: [files.evidence(RECORD_FILE), files.evidence(companion.logFile)],
      startedAt: new Date().toISOString(),
      ...finding,
    }),
  );
}

function record({ files }: StageContext, fact: object): void {
  files.appendLine(RECORD_FILE, { ...fact, at: new Date().toISOString() });
}

/** `kind` of what was seen must not take the place of the record's own. */
function prefixed(seen: { kind: string } | undefined): object {
  if (seen === undefined) return { outcome: 'never started' };
  const { kind, ...rest } = seen;
  return { outcome: kind, ...rest };
}

function exitText({ code, signal }: { code: number | null; signal: string | null }): string {
  return signal === null ? `with code ${code}` : `by ${signal}`;
}

/** Ends each, whatever became of the others. */
async function disposeAll(crew: readonly Companion[]): Promise<void> {
  const ends = await Promise.allSettled(crew.map((companion) => companion.dispose()));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
