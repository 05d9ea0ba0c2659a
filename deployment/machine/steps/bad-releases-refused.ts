/**
 * Releases with one fault each. Tried beside the one that serves, each is refused: that one answers every request and is
 * not even restarted.
 */
import type { BadService } from '../../bad-service.ts';
import { bring, expectedRelease, install, lastLine, stateOf } from '../deploy.ts';
import { expect, type Finding, type Stand, type Step, Unmet } from '../step.ts';
import { describe, expectNoLoss, underLoad } from '../under-load.ts';

/** Each with the exit code of its install: 1 where the code does not even load, 10 where the trial refuses it. */
const REFUSED: Partial<Record<BadService, number>> = {
  'does-not-load': 1,
  'crashes-at-start': 10,
  'health-500': 10,
  'never-ready': 10,
  'missing-route': 10,
  'logs-a-rejection': 10,
  'stops-with-1': 10,
  'deaf-to-sigterm': 10,
};

const step: Step = {
  id: 'bad-releases-refused',
  title: 'a bad release is refused while the old one answers every request',
  needs: ['installed'],
  run: async (stand) => {
    const findings: Finding[] = [];
    for (const [kind, code] of Object.entries(REFUSED) as [BadService, number][]) {
      if (stand.signal.aborted) break;
      findings.push(await refuse(stand, kind, code));
    }
    return findings;
  },
};

async function refuse(stand: Stand, kind: BadService, code: number): Promise<Finding> {
  try {
    const old = expectedRelease(stand);
    const bad = await bring(stand, kind);
    const before = await stateOf(stand);
    const { value: ended, client } = await underLoad(stand, () => install(stand, bad));
    const after = await stateOf(stand);
    expect(ended.code === code, `install.sh ended with ${ended.code}, expected ${code}: ${lastLine(ended)}`);
    expect(after.release === old, `current is ${after.release}, expected ${old}`);
    expect(after.invocation === before.invocation, `${old} was restarted by an install that was refused`);
    expectNoLoss(client, [old]);
    return {
      subject: kind,
      outcome: 'pass',
      message: `${lastLine(ended)}; a client meanwhile ${describe(client)}`,
    };
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    return { subject: kind, outcome: 'fail', message: error.message };
  }
}

export default step;
