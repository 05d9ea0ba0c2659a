/** `shakedown soak`: restarts the service under load, lets faults strike it, and judges what was seen. */
import { UsageError } from '../../harness/errors.ts';
import { soakStage } from '../../soak/soak-stage.ts';
import { chooseScenarios, findKeptSchedules, type ScenarioOptions } from '../choose-scenarios.ts';
import { executeRun } from '../execute-run.ts';
import { listScenarios } from '../list-scenarios.ts';
import { openConfig } from '../open-config.ts';
import { preflightStage } from '../preflight-stage.ts';
import { type DisorderOptions, isDisorder, runDisorder } from './disorder.ts';

export interface SoakOptions extends DisorderOptions, ScenarioOptions {
  cycles?: number;
  supervisor?: 'process' | 'systemd';
  list?: boolean;
}

export async function soak(options: SoakOptions): Promise<number> {
  return openConfig('soak', options, (loaded) => {
    const { config } = loaded;
    if (config.service === undefined) {
      throw new UsageError(
        '`shakedown soak` needs "service" in the configuration: say how the service is started and when it is ready',
      );
    }
    if (isDisorder(options)) return runDisorder(loaded, options);
    if (options.cycles !== undefined) config.soak.cycles = options.cycles;
    if (options.supervisor !== undefined) config.service.supervisor = options.supervisor;
    // A life in every mood of every companion takes minutes: that is for `--all` and the gate.
    findKeptSchedules(loaded);
    chooseScenarios(config, options, ['restart-loop', 'kept-schedules']);
    if (options.list === true) return listScenarios({ ...config, service: config.service });
    return executeRun({
      command: 'soak',
      loaded,
      stages: [preflightStage(), soakStage],
      options,
    });
  });
}
