/** `shakedown soak`: restarts the service under load, and beside moody companions, and judges what was seen. */
import { UsageError } from '../../harness/errors.ts';
import { soakStage } from '../../soak/soak-stage.ts';
import { chooseScenarios, type ScenarioOptions } from '../choose-scenarios.ts';
import { executeRun } from '../execute-run.ts';
import { openConfig } from '../open-config.ts';
import type { RunOptions } from '../options.ts';
import { preflightStage } from '../preflight-stage.ts';

export interface SoakOptions extends RunOptions, ScenarioOptions {
  cycles?: number;
}

export async function soak(options: SoakOptions): Promise<number> {
  return openConfig('soak', options, (loaded) => {
    if (loaded.config.service === undefined) {
      throw new UsageError(
        '`shakedown soak` needs "service" in the configuration: say how the service is started and when it is ready',
      );
    }
    if (options.cycles !== undefined) loaded.config.soak.cycles = options.cycles;
    chooseScenarios(loaded.config, options.scenario);
    return executeRun({
      command: 'soak',
      loaded,
      stages: [preflightStage(), soakStage],
      options,
    });
  });
}
