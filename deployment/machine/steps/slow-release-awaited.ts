/**
 * A release that takes its time and is well: whoever asks before it has said that it is ready takes it for a bad one. The
 * clients wait for as long, and lose nothing.
 */
import { errorText } from '../../../harness/errors.ts';
import { bring, expectedRelease, install, lastLine, PING } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';
import { describe, expectNoLoss, underLoad } from '../under-load.ts';

/** Whoever has waited for the release waits no longer now. */
const AT_ONCE_MS = 2_000;

const step: Step = {
  id: 'slow-release-awaited',
  title: 'a release that is slow to be ready is waited for',
  needs: ['installed'],
  run: async (stand) => {
    const old = expectedRelease(stand);
    const slow = await bring(stand, 'slow-to-be-ready');
    const { value, client } = await underLoad(stand, async () => {
      const ended = await install(stand, slow);
      return { ended, release: await askAtOnce(`http://${stand.machine.address}${PING}`) };
    });
    const { ended, release } = value;
    expect(ended.code === 0, `install.sh ended with ${ended.code}: ${lastLine(ended)}`);
    expect(release === slow.id, `after install.sh was done ${release} answered; expected ${slow.id}`);
    stand.memory.release = slow.id;
    expectNoLoss(client, [old, slow.id]);
    return pass(`${lastLine(ended)}; a client meanwhile ${describe(client)}`);
  },
};

/** The release that answers, or what was said in its place. */
async function askAtOnce(url: string): Promise<string> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(AT_ONCE_MS) });
    return answer.headers.get('x-release') ?? `status ${answer.status} without a release`;
  } catch (error) {
    return `nobody within ${AT_ONCE_MS} ms (${errorText(error)})`;
  }
}

export default step;
