/** The machine is powered off and booted: the service comes back by itself, and is well. */
import { deadlineIn, poll } from '../../../harness/deadline.ts';
import { expectedRelease, PING } from '../deploy.ts';
import { verify } from '../step-verify.ts';
import { expect, type Step } from '../step.ts';

const SERVING_LIMIT_MS = 60_000;

const step: Step = {
  id: 'reboots',
  title: 'after a reboot the service serves by itself',
  needs: ['installed'],
  run: async (stand) => {
    const { machine, log } = stand;
    const release = expectedRelease(stand);
    const bootId = () => stand.must(['cat', '/proc/sys/kernel/random/boot_id']);
    const leader = machine.leaderPid;
    const startedAt = performance.now();
    const state = await machine.reboot();
    log(`# booted: ${state}; boot id ${await bootId()}`);
    expect(machine.leaderPid !== leader, 'the machine was not booted anew');
    expect(state === 'running', `after the reboot systemd is ${state}`);
    const url = `http://${machine.address}${PING}`;
    const served = await poll(
      async () => {
        const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
        return answer.status === 200 ? (answer.headers.get('x-release') ?? '') : undefined;
      },
      deadlineIn(SERVING_LIMIT_MS, `${url} to answer after the reboot`),
      { firstMs: 10, maxMs: 100 },
    );
    expect(served.met, served.met ? '' : served.reason);
    const tookMs = Math.round(performance.now() - startedAt);
    expect(served.value === release, `after the reboot release ${served.value} answers, expected ${release}`);
    const findings = await verify(stand);
    return [
      { outcome: 'pass', message: `powered off, booted and served by itself after ${tookMs} ms` },
      ...findings,
    ];
  },
};

export default step;
