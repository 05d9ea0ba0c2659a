/** One command goes back to the release before; no request is lost. */
import { CURRENT, expectedRelease, lastLine, stateOf } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';
import { describe, expectNoLoss, underLoad } from '../under-load.ts';

const step: Step = {
  id: 'rolled-back-by-hand',
  title: 'rollback.sh goes back to the release before',
  needs: ['upgraded'],
  run: async (stand) => {
    const newer = expectedRelease(stand);
    const { id: older } = await stand.releases.build('good');
    const { value: ended, client } = await underLoad(stand, () =>
      stand.inside([`${CURRENT}/deployment/rollback.sh`]),
    );
    expect(ended.code === 0, `rollback.sh ended with ${ended.code}: ${lastLine(ended)}`);
    const { release } = await stateOf(stand);
    expect(release === older, `current is ${release} after the rollback, expected ${older}`);
    stand.memory.release = older;
    expectNoLoss(client, [newer, older]);
    return pass(`${lastLine(ended)}; a client meanwhile ${describe(client)}`);
  },
};

export default step;
