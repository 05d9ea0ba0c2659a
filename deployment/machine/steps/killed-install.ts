/** An install that is killed while it unpacks leaves no half release, and the one that serves goes on. */
import { bring, type Brought, expectedRelease, stateOf } from '../deploy.ts';
import { expect, pass, type Stand, type Step } from '../step.ts';

const RUN = 'shakedown-killed-install';
const RELEASES = '/opt/paper-trading/releases';
const TRIES = 5;

const step: Step = {
  id: 'killed-install',
  title: 'an install that is killed leaves no half release',
  needs: ['installed'],
  run: async (stand) => {
    const old = expectedRelease(stand);
    const next = await bring(stand, 'harmless');
    const before = await stateOf(stand);
    let seen: string | undefined;
    for (let tries = 0; seen === undefined && tries < TRIES; tries += 1)
      seen = await killInstall(stand, next);
    // It was done each time before the kill came: that shows nothing.
    if (seen === undefined)
      throw new Error(`an install could not be killed while it unpacks, in ${TRIES} tries`);
    const after = await stateOf(stand);
    expect(
      after.release === old && after.invocation === before.invocation,
      `after the killed install ${after.release} is ${after.active}, expected ${old} as before`,
    );
    return pass(`killed when ${seen} was there; ${old} serves on`);
  },
};

/** @returns what was there when it was killed; undefined: the release was whole by then, and is taken away again. */
async function killInstall(stand: Stand, next: Brought): Promise<string | undefined> {
  const install = [`${next.scripts}/install.sh`, '--release', next.archive];
  await stand.must(['systemd-run', '--quiet', '--collect', `--unit=${RUN}`, ...install]);
  // As soon as anything of it is there, wherever it is unpacked; the kernel is faster than systemd, where it can.
  const seen = await stand.must([
    ...['timeout', '120', 'bash', '-c'],
    `until find ${RELEASES} -path '*${next.id}*' -name package.json | grep .; do sleep 0.01; done
{ echo 1 >/sys/fs/cgroup/system.slice/${RUN}.service/cgroup.kill; } 2>/dev/null || systemctl kill --signal=KILL ${RUN}`,
  ]);
  await stand.must([
    ...['timeout', '20', 'bash', '-c'],
    `while systemctl is-active --quiet ${RUN}; do sleep 0.02; done`,
  ]);
  const there = await stand.inside(['test', '-e', `${RELEASES}/${next.id}`]);
  if (there.code !== 0) return seen.trim().split('\n')[0];
  const missing = await stand.must([
    ...['bash', '-c'],
    `tar --list --gzip --file=${next.archive} | while read -r each; do
  [[ -e ${RELEASES}/${next.id}/\${each#paper-trading/} ]] || echo "$each"
done | wc --lines`,
  ]);
  expect(
    Number(missing) === 0,
    `the killed install left half of a release: ${RELEASES}/${next.id} lacks ${missing.trim()} files of its archive`,
  );
  await stand.must(['rm', '--recursive', '--force', `${RELEASES}/${next.id}`]);
  return undefined;
}

export default step;
