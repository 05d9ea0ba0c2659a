/** A group is kept in mind as long as anything of it lives, and no longer: a harness that restarts for days must not grow. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { deadlineIn, poll } from '../deadline.ts';
import { Groups } from './groups.ts';
import { readStat } from './proc.ts';

const MARKER = { name: 'SHAKEDOWN_GROUPS_TEST', value: `${process.pid}` };

/** A leader that ends once it is known, after it has started what is given. */
async function startLeader(groups: Groups, script = ''): Promise<number> {
  const child = spawn('/bin/sh', ['-c', `${script} read end`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = once(child, 'exit');
  await once(child, 'spawn');
  const pid = child.pid as number;
  groups.add({ pid, startTicks: readStat(pid)?.startTicks ?? 0 });
  child.stdin.end();
  await ended;
  return pid;
}

it('forgets groups of which nothing is left, and none that outlives its leader', async () => {
  const groups = new Groups(MARKER);
  await startLeader(groups, 'sleep 60 &');
  for (let time = 0; time < 5; time += 1) {
    await startLeader(groups);
    expect(groups.leftovers()).toHaveLength(1);
  }
  // The one that lives, and those that were looked at less than twice when the last was added.
  expect(groups.size).toBe(3);
  const [left] = groups.leftovers();
  if (left === undefined) throw new Error('nothing is left');
  process.kill(left.pid, 'SIGKILL');
  const gone = await poll(
    () => (groups.leftovers().length === 0 ? true : undefined),
    deadlineIn(5_000, 'its end'),
  );
  expect(gone.met).toBe(true);
  groups.leftovers();
  await startLeader(groups);
  expect(groups.size).toBe(1);
});
