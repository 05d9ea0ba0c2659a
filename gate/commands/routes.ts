/** `shakedown routes`: the OpenAPI document and a live answer of every route. */
import { routesStage } from '../../checks/routes/routes-stage.ts';
import { UsageError } from '../../harness/errors.ts';
import { executeRun } from '../execute-run.ts';
import { openConfig } from '../open-config.ts';
import type { RunOptions } from '../options.ts';
import { preflightStage } from '../preflight-stage.ts';

export async function routes(options: RunOptions): Promise<number> {
  return openConfig('routes', options, (loaded) => {
    if (!loaded.config.routes || loaded.config.service === undefined) {
      throw new UsageError(
        '`shakedown routes` needs "service" and "routes" in the configuration: say how the service is started and which routes it must have',
      );
    }
    return executeRun({
      command: 'routes',
      loaded,
      stages: [preflightStage(), routesStage],
      options,
    });
  });
}
