/** Another release over one that serves: no request is lost in between, and the new one answers after it. */
import { bring, expectedRelease, install, lastLine, stateOf } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';
import { describe, expectNoLoss, underLoad } from '../under-load.ts';

const step: Step = {
  id: 'upgraded',
  title: 'an upgrade loses no request',
  needs: ['installed'],
  run: async (stand) => {
    const old = expectedRelease(stand);
    const next = await bring(stand, 'harmless');
    const { value: ended, client } = await underLoad(stand, () => install(stand, next));
    expect(ended.code === 0, `install.sh ended with ${ended.code}: ${lastLine(ended)}`);
    stand.memory.release = next.id;
    const { release } = await stateOf(stand);
    expect(release === next.id, `current is ${release} after the upgrade to ${next.id}`);
    expectNoLoss(client, [old, next.id]);
    return pass(`${lastLine(ended)}; a client meanwhile ${describe(client)}`);
  },
};

export default step;
