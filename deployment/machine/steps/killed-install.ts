/** An install that is killed while it unpacks leaves no half release, and the one that serves goes on. */
import { bring, expectedRelease, stateOf } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';

const RUN = 'shakedown-killed-install';
const RELEASES = '/opt/paper-trading/releases';

const step: Step = {
  id: 'killed-install',
  title: 'an install that is killed leaves no half release',
  needs: ['installed'],
  run: async (stand) => {
    const old = expectedRelease(stand);
    const next = await bring(stand, 'harmless');
    const before = await stateOf(stand);
    const install = [`${next.scripts}/install.sh`, '--release', next.archive];
    await stand.must(['systemd-run', '--quiet', '--collect', `--unit=${RUN}`, ...install]);
    // As soon as anything of it is there, wherever it is unpacked.
    const seen = await stand.must([
      ...['timeout', '120', 'bash', '-c'],
      `until find ${RELEASES} -path '*${next.id}*' -name package.json | grep .; do sleep 0.01; done; systemctl kill --signal=KILL ${RUN}`,
    ]);
    await stand.must([
      ...['timeout', '20', 'bash', '-c'],
      `while systemctl is-active --quiet ${RUN}; do sleep 0.02; done`,
    ]);
    const half = await stand.inside(['test', '-e', `${RELEASES}/${next.id}`]);
    expect(half.code === 1, `the killed install left half of a release: ${RELEASES}/${next.id}`);
    const after = await stateOf(stand);
    expect(
      after.release === old && after.invocation === before.invocation,
      `after the killed install ${after.release} is ${after.active}, expected ${old} as before`,
    );
    return pass(`killed when ${seen.trim().split('\n')[0]} was there; ${old} serves on`);
  },
};

export default step;
