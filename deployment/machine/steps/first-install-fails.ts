/**
 * A machine without a release to go back to: a Node that is not the pinned one is refused, and a bad release leaves
 * nothing that crashes for ever.
 */
import { bring, install, lastLine, UNIT } from '../deploy.ts';
import { expect, type Finding, type Stand, type Step } from '../step.ts';

const FIRST_FAILED = 12;

const step: Step = {
  id: 'first-install-fails',
  title: 'a first install that fails says so and leaves nothing running',
  needs: ['uninstalled'],
  run: async (stand) => [await refuseOtherNode(stand), await refuseBadRelease(stand)],
};

/** The package that carries Node, with an empty part more: it unpacks as well as the right one. */
async function refuseOtherNode(stand: Stand): Promise<Finding> {
  const good = await bring(stand, 'good');
  const tampered = '/root/tampered-node.tgz';
  const beside = 'find /root/incoming -maxdepth 1 -name "node-linux-*.tgz"';
  await stand.must([
    'bash',
    '-euc',
    `cp "$(${beside} | head --lines=1)" ${tampered}; gzip </dev/null >>${tampered}`,
  ]);
  const ended = await install(stand, good, '--node-tarball', tampered);
  const said = lastLine(ended);
  expect(
    ended.code === FIRST_FAILED && said.includes('is not what the lockfile pins'),
    `with another Node than the pinned one install.sh ended with ${ended.code}: ${said}`,
  );
  const node = await stand.inside(['bash', '-c', 'compgen -G "/opt/node/v*/bin/node"']);
  expect(node.code !== 0, `the refused Node was left in ${node.stdout.trim()}`);
  return { subject: 'node', outcome: 'pass', message: said };
}

async function refuseBadRelease(stand: Stand): Promise<Finding> {
  const bad = await bring(stand, 'crashes-at-start');
  const ended = await install(stand, bad);
  expect(
    ended.code === FIRST_FAILED,
    `install.sh ended with ${ended.code}, expected ${FIRST_FAILED}: ${lastLine(ended)}`,
  );
  for (const question of ['is-active', 'is-enabled']) {
    const { stdout, code } = await stand.inside(['systemctl', question, UNIT]);
    expect(code !== 0, `after the failed install ${UNIT} is ${stdout.trim()}`);
  }
  for (const unit of [UNIT, UNIT.replace('.service', '.socket')]) {
    const { stdout } = await stand.inside(['systemctl', 'is-active', unit]);
    // One that waits for its next start is "activating".
    expect(/^(inactive|failed)$/.test(stdout.trim()), `after the failed install ${unit} is ${stdout.trim()}`);
  }
  return { subject: 'release', outcome: 'pass', message: lastLine(ended) };
}

export default step;
