/** Finds the starts and stops in the source of the service, for the soak to make fail. Handed to it by `run-stages.ts`. */
import { lifecycleMembers } from '../checks/source/lifecycle/members.ts';
import { checkSource } from '../checks/source/source-stage.ts';
import type { Config } from '../harness/config.ts';
import type { LifecycleMember } from '../harness/lifecycle-members.ts';

export async function collectMembers(
  projectRoot: string,
  config: Pick<Config, 'source' | 'rules' | 'resources'>,
  signal?: AbortSignal,
): Promise<LifecycleMember[]> {
  const check = { projectRoot, config, rules: [], ...(signal === undefined ? {} : { signal }) };
  const { graph } = await checkSource(check);
  return graph === undefined ? [] : lifecycleMembers(graph, projectRoot);
}
