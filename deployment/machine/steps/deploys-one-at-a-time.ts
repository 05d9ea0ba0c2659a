/** A deploy that comes while another one is under way goes away again, and says who is in its way. */
import { bring, install, lastLine, stateOf } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';

const LOCK = '/run/lock/paper-trading-deploy.lock';
const OTHER = 'shakedown-other-deploy';

const step: Step = {
  id: 'deploys-one-at-a-time',
  title: 'a deploy beside another one is refused, and touches nothing',
  needs: ['installed'],
  run: async (stand) => {
    const good = await bring(stand, 'good');
    const before = await stateOf(stand);
    // Holds what a deploy holds, for as long as this takes.
    const hold = ['flock', '--exclusive', LOCK, 'sleep', '300'];
    await stand.must(['systemd-run', '--quiet', '--collect', `--unit=${OTHER}`, ...hold]);
    await stand.must([
      ...['timeout', '10', 'bash', '-c'],
      `while flock --nonblock ${LOCK} true; do sleep 0.02; done`,
    ]);
    const ended = await install(stand, good);
    await stand.must(['systemctl', 'stop', OTHER]);
    const said = lastLine(ended);
    expect(
      ended.code === 1,
      `install.sh beside another deploy ended with ${ended.code}, expected 1: ${said}`,
    );
    expect(said.includes(LOCK), `install.sh does not say what is in its way: ${said}`);
    const after = await stateOf(stand);
    expect(after.invocation === before.invocation, 'the refused deploy restarted the service');
    return pass(said);
  },
};

export default step;
