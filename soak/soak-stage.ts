/**
 * The soak stage: restarts the service under load, then judges what was seen. Called by the gate.
 */
import type { Config } from '../harness/config.ts';
import { UsageError } from '../harness/errors.ts';
import type { Stage, StageContext } from '../harness/stage.ts';
import { createProcessSupervisor } from '../harness/supervisors/process.ts';
import { LOG_FILE } from './history.ts';
import { judgeHistory } from './judge-history.ts';
import { JUDGES } from './judge-list.ts';
import { allowances, forbiddenPatterns } from './log-patterns.ts';
import { createRecorder } from './recorder.ts';
import { runRestartLoop } from './scenarios/restart-loop.ts';

export const soakStage: Stage = {
  name: 'soak',
  plan: (config) => ({ checks: config.service === undefined ? [] : JUDGES.map(({ id }) => id) }),
  run: runSoak,
};

async function runSoak(context: StageContext): Promise<void> {
  const { config, files } = context;
  const service = demandService(config);
  demandPatterns(config);
  await observeRestarts(context, service);
  // The limits apply to what is on disk: what cannot be read back later must not count now either.
  for (const verdict of await judgeHistory(files.folder, config)) context.verdict(verdict);
}

async function observeRestarts(
  context: StageContext,
  service: NonNullable<Config['service']>,
): Promise<void> {
  const { config } = context;
  const supervisor = createProcessSupervisor(context, service, LOG_FILE);
  try {
    await runRestartLoop({
      supervisor,
      service,
      load: config.soak.load,
      cycles: config.soak.cycles,
      settleWithinMs: config.soak.settleWithinMs,
      portFreeWithinMs: config.limits.portFreeWithinMs,
      seed: context.seed,
      recorder: createRecorder(context.files),
      progress: context.progress,
      signal: context.signal,
    });
  } finally {
    await supervisor.dispose();
  }
}

/** A pattern that is no regular expression is found before the service is started, not after minutes of soak. */
function demandPatterns({ logs }: Config): void {
  forbiddenPatterns(logs);
  allowances(logs);
}

function demandService({ service, soak }: Config): NonNullable<Config['service']> {
  if (service === undefined) {
    throw new UsageError(
      'service: it is missing; expected how the service is started and when it is ready: the soak restarts it',
    );
  }
  if (soak.load && service.port === 'none') {
    throw new UsageError(
      "soak.load: there is load, but service.port is 'none'; expected a port, or soak.load: false",
    );
  }
  return service;
}
