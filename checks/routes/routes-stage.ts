/**
 * The stage `routes`: starts the service, fetches its OpenAPI document, calls every operation, stops the service,
 * and judges what was recorded. Run by the gate.
 */
import type { RoutesConfig, ServiceConfig } from '../../harness/config.ts';
import { deadlineIn } from '../../harness/deadline.ts';
import type { Stage, StageContext } from '../../harness/stage.ts';
import { openSupervisor } from '../../harness/supervisors/open-supervisor.ts';
import { StartFailure } from '../../harness/supervisors/supervisor.ts';
import type { Instance, Supervisor } from '../../harness/supervisors/supervisor.ts';
import { createVerdict } from '../../harness/verdict.ts';
import { judgeRoutes } from './judge-routes.ts';
import { createRecorder, observeRoutes } from './observe-routes.ts';
import { LOG_FILE } from './route-observations.ts';
import { plannedChecks } from './ruling.ts';
import type { Recorder, RoutesSession } from './session.ts';
import { fixSigningKeys } from './signing-keys.ts';

/** The stage of the gate; the service is started as a process of this host. */
export const routesStage: Stage = {
  name: 'routes',
  plan: (config) => ({ checks: plannedChecks(config.routes) }),
  run: runRoutes,
};

async function runRoutes(context: StageContext): Promise<void> {
  const { config, files } = context;
  const { routes } = config;
  if (routes === false) return;
  if (routes === undefined || config.service === undefined) {
    reportUnconfigured(context);
    return;
  }
  const { service, variable } = fixSigningKeys(context, config.service, routes);
  const recorder = createRecorder(files);
  const supervisor = await openSupervisor(context, service, LOG_FILE);
  let documentText: string | undefined;
  try {
    documentText = await observeService({ ...context, service, routes, recorder, supervisor, variable });
  } finally {
    await supervisor.dispose();
  }
  const verdicts = await judgeRoutes(recorder.text(), documentText, config, (file) => files.evidence(file));
  for (const verdict of verdicts) context.verdict(verdict);
}

interface Observing extends StageContext {
  service: ServiceConfig;
  routes: RoutesConfig;
  recorder: Recorder;
  variable: RoutesSession['variable'];
  supervisor: Supervisor;
}

async function observeService(observing: Observing): Promise<string | undefined> {
  const { recorder, supervisor, progress, service } = observing;
  progress.status(`routes: starting ${service.name}`);
  let instance: Instance;
  try {
    instance = await supervisor.start();
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    recorder.record({ kind: 'service-failed', reason: error.message, lastLines: [], afterMs: 0 });
    return undefined;
  }
  try {
    return await observeInstance(observing, instance);
  } finally {
    await stopInstance(observing, instance);
  }
}

async function observeInstance(observing: Observing, instance: Instance): Promise<string | undefined> {
  const { recorder, service, signal } = observing;
  const deadline = deadlineIn(service.readyWithinMs, `${service.name} to become ready`);
  const readiness = await instance.ready(deadline, signal);
  const failed =
    readiness.kind !== 'ready' ? readiness.reason : instance.port === undefined ? NO_PORT : undefined;
  if (readiness.kind !== 'ready' || failed !== undefined) {
    recorder.record({
      kind: 'service-failed',
      reason: failed ?? 'no reason was given',
      lastLines: lastLines(instance),
      afterMs: readiness.afterMs,
      ...(signal.aborted || readiness.kind === 'ready' ? { inconclusive: true } : {}),
    });
    return undefined;
  }
  const baseUrl = `http://${reachableHost(instance.host)}:${instance.port}`;
  const { afterMs, by } = readiness;
  recorder.record({ kind: 'service-started', pid: instance.pid, baseUrl, afterMs, readyBy: by });
  const ended = async (withinMs: number) => {
    if (withinMs > 0) await instance.exited(deadlineIn(withinMs, `the exit of ${service.name}`), signal);
    const exit = instance.exit();
    return exit === undefined ? undefined : exitText(exit);
  };
  return await observeRoutes({ ...observing, target: { baseUrl, ended } });
}

const NO_PORT = "service.port is 'none': without a port there is nothing to call (set routes: false)";

/** An address to bind to is not always one to connect to. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

/** Longest wait for the exit when the whole run is being ended. */
const INTERRUPTED_EXIT_MS = 2_000;

async function stopInstance(observing: Observing, instance: Instance): Promise<void> {
  const { recorder, service, signal, progress } = observing;
  const startedAt = performance.now();
  const sent = await instance.signal(service.stopSignal);
  const withinMs = signal.aborted
    ? Math.min(service.exitWithinMs, INTERRUPTED_EXIT_MS)
    : service.exitWithinMs;
  const ended = await instance.exited(
    deadlineIn(withinMs, `${service.name} to exit after ${service.stopSignal}`),
  );
  const how = ended.kind === 'exited' ? exitText(ended.exit) : `${ended.reason}; it is killed`;
  const unsent = sent.sent ? '' : ` (${service.stopSignal} was not sent: ${sent.reason})`;
  const afterMs = Math.round(performance.now() - startedAt);
  recorder.record({ kind: 'service-stopped', signal: service.stopSignal, how: how + unsent, afterMs });
  if (ended.kind !== 'exited') progress.note(`routes: ${service.name} did not stop: ${how}`);
}

function exitText(exit: { code: number | null; signal: string | null }): string {
  return exit.signal === null ? `exited with code ${exit.code}` : `ended by ${exit.signal}`;
}

const LAST_LINES = 5;

/** The end of what the service wrote; bounded, as a service can write faster than it is read. */
function lastLines(instance: Instance): string[] {
  let kept: string[] = [];
  let cursor = instance.logStart;
  for (let slices = 0; slices < 64; slices += 1) {
    const slice = instance.logs(cursor);
    kept = [...kept, ...slice.lines.filter((line) => line.trim() !== '')].slice(-LAST_LINES);
    if (slice.cursor === cursor) break;
    cursor = slice.cursor;
  }
  return kept.map((line) => line.slice(0, 300));
}

/** Nothing can run, and nothing that was owed may be missing. */
function reportUnconfigured({ config, verdict }: StageContext): void {
  const missing = config.service === undefined ? 'service' : 'routes';
  for (const check of plannedChecks(config.routes)) {
    verdict(
      createVerdict({
        stage: 'routes',
        check,
        subject: 'configuration',
        outcome: 'unknown',
        message: `${missing} is not configured: no route was looked at`,
        fix: `configure ${missing}, or say routes: false for a service without routes`,
        startedAt: new Date().toISOString(),
      }),
    );
  }
}
