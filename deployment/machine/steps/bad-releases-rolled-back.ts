/**
 * The same without the trial: the bad release is switched to, found to be bad, and taken back by itself. Its clients may
 * have to wait for that; when it is over the old release answers, and every later request.
 */
import type { BadService } from '../../bad-service.ts';
import { bring, expectedRelease, install, lastLine, PING, stateOf } from '../deploy.ts';
import { expect, type Finding, type Stand, type Step, Unmet } from '../step.ts';
import { describe, expectNoLoss, underLoad } from '../under-load.ts';

const TAKEN_BACK: readonly BadService[] = ['crashes-at-start', 'health-500', 'never-ready', 'missing-route'];
const ROLLED_BACK = 10;

const step: Step = {
  id: 'bad-releases-rolled-back',
  title: 'a bad release that was switched to is taken back by itself',
  needs: ['installed'],
  run: async (stand) => {
    const findings: Finding[] = [];
    for (const kind of TAKEN_BACK) {
      if (stand.signal.aborted) break;
      findings.push(await takeBack(stand, kind));
    }
    return findings;
  },
};

async function takeBack(stand: Stand, kind: BadService): Promise<Finding> {
  try {
    const old = expectedRelease(stand);
    const bad = await bring(stand, kind);
    const { value: ended, client } = await underLoad(stand, () => install(stand, bad, '--skip-trial'));
    expect(
      ended.code === ROLLED_BACK,
      `install.sh ended with ${ended.code}, expected ${ROLLED_BACK}: ${lastLine(ended)}`,
    );
    const after = await stateOf(stand);
    expect(
      after.release === old && after.active === 'active',
      `${after.release} is ${after.active}, expected ${old}`,
    );
    const later = await underLoad(stand, () => stand.must(['sleep', '1']));
    expectNoLoss(later.client, [old]);
    const url = `http://${stand.machine.address}${PING}`;
    const seconds = (ended.durationMs / 1000).toFixed(1);
    stand.log(`# ${url} answers with ${old} again`);
    return {
      subject: kind,
      outcome: 'pass',
      message: `taken back within ${seconds} s; a client meanwhile ${describe(client)}, and after it lost nothing`,
    };
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    return { subject: kind, outcome: 'fail', message: error.message };
  }
}

export default step;
