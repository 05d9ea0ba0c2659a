/**
 * How long the steps of a deployment take, on the machine of the bench: install and verify on the fresh one, upgrade,
 * releases that fail, reboot. Called by `restarts.ts`; a step that does not end as it must has no time.
 */
import {
  bring,
  type Brought,
  expectedRelease,
  install,
  lastLine,
  PING,
  stateOf,
} from '../../deployment/machine/deploy.ts';
import type { ReleaseKind } from '../../deployment/machine/releases.ts';
import reboots from '../../deployment/machine/steps/reboots.ts';
import { verify } from '../../deployment/machine/step-verify.ts';
import { expect, type Stand } from '../../deployment/machine/step.ts';

export interface StepTime {
  what: string;
  tookMs: number;
}

const ROLLED_BACK = 10;

/** From a machine that just came up, after `upMs`, to a service that is verified. */
export async function installFresh(stand: Stand, upMs: number): Promise<StepTime[]> {
  const good = await bring(stand, 'good');
  const installMs = await installTimed(stand, good, 0);
  stand.memory.release = good.id;
  const verifyMs = await timed(() => verifyAll(stand));
  return [
    { what: 'machine up', tookMs: upMs },
    { what: 'install.sh, with the packages of the system', tookMs: installMs },
    { what: 'verify.sh', tookMs: verifyMs },
    { what: 'these three: from no machine to a verified service', tookMs: upMs + installMs + verifyMs },
    { what: 'install.sh again: nothing to do', tookMs: await installTimed(stand, good, 0) },
  ];
}

/** What comes later in the life of a server. */
export async function upgradeAndFail(stand: Stand): Promise<StepTime[]> {
  const times: StepTime[] = [];
  const next = await bring(stand, 'harmless');
  times.push({ what: 'upgrade', tookMs: await installTimed(stand, next, 0) });
  stand.memory.release = next.id;
  const failures: [ReleaseKind, string, string[]][] = [
    ['crashes-at-start', 'upgrade that crashes at start: refused by its trial', []],
    ['crashes-at-start', 'the same, switched to: taken back', ['--skip-trial']],
    ['health-500', 'upgrade with a health of 500, switched to: taken back', ['--skip-trial']],
    ['never-ready', 'upgrade that is never ready, switched to: taken back', ['--skip-trial']],
  ];
  for (const [kind, what, options] of failures) {
    stand.signal.throwIfAborted();
    const bad = await bring(stand, kind);
    times.push({ what, tookMs: await installTimed(stand, bad, ROLLED_BACK, ...options) });
    await expectServing(stand);
  }
  const [rebooted] = [await reboots.run(stand)].flat();
  const [, tookMs] = /after (\d+) ms$/.exec(rebooted?.message ?? '') ?? [];
  expect(tookMs !== undefined, `the reboot was not seen to its end: ${rebooted?.message}`);
  return [...times, { what: 'reboot: powered off, booted, serving', tookMs: Number(tookMs) }];
}

async function installTimed(
  stand: Stand,
  release: Brought,
  code: number,
  ...options: string[]
): Promise<number> {
  const ended = await install(stand, release, ...options);
  expect(ended.code === code, `install.sh ended with ${ended.code}, expected ${code}: ${lastLine(ended)}`);
  return ended.durationMs;
}

async function verifyAll(stand: Stand): Promise<void> {
  const bad = (await verify(stand)).filter(({ outcome }) => outcome !== 'pass');
  expect(bad.length === 0, `verify.sh: ${bad.map(({ message }) => message).join('; ')}`);
}

/** The release before is the one that runs, and it answers. */
async function expectServing(stand: Stand): Promise<void> {
  const release = expectedRelease(stand);
  const state = await stateOf(stand);
  const url = `http://${stand.machine.address}${PING}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) });
  const answering = answer.headers.get('x-release');
  expect(
    state.active === 'active' && state.release === release && answering === release && answer.status === 200,
    `${url} says ${answer.status} from ${answering}, current is ${state.release}, ${state.active}; ${release} was to serve`,
  );
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
