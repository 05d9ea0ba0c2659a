/** Whether a target can show what the gate asks of it, before anything is done to it. A check of the preflight. */
import { endOfJournal } from '../../harness/journal/read-journal.ts';
import type { StageContext } from '../../harness/stage.ts';
import { openTarget } from '../../harness/supervisors/open-supervisor.ts';
import { readUnit } from '../../harness/supervisors/systemd-unit.ts';
import type { Outcome } from '../../harness/verdict.ts';

const WITHIN_MS = 10_000;

export async function checkTarget({
  config: { target },
  projectRoot,
}: StageContext): Promise<{ outcome: Outcome; message: string; fix?: string }> {
  if (target === undefined) return { outcome: 'unknown', message: 'no target is configured' };
  const way = await openTarget(target, projectRoot);
  try {
    const version = await way.transport.run(['systemctl', '--version'], { timeoutMs: WITHIN_MS });
    const state = await readUnit(way.transport, target.unit);
    if (!version.ran || !state.readable) {
      const reason = version.ran ? (state.readable ? '' : state.reason) : version.reason;
      return { outcome: 'unknown', message: `no systemd that answers on ${target.host}: ${reason}` };
    }
    const { loadState, activeState, invocationId } = state.value;
    if (loadState !== 'loaded')
      return {
        outcome: 'fail',
        message: `${target.unit} is ${loadState} on ${target.host}`,
        fix: 'deploy it first, or name the unit that is deployed (--unit)',
      };
    await endOfJournal(way.transport);
    const life = invocationId === '' ? '' : `, invocation ${invocationId}`;
    return {
      outcome: 'pass',
      message: `${target.unit} is ${activeState} on ${target.host}${life}; ${version.stdout.split('\n')[0]}; its journal can be marked and read`,
    };
  } finally {
    await way.close();
  }
}
