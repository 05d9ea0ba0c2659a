/** Each script says what it would do to a server that serves, and does none of it. */
import { bring, install, lastLine, stateOf } from '../deploy.ts';
import { type Ended, expect, type Finding, type Stand, type Step } from '../step.ts';

const MARK = '/run/shakedown-before-dry-run';
const PLACES = ['/etc', '/opt', '/usr', '/var/lib/dpkg', '/run/systemd/system'];

const step: Step = {
  id: 'dry-runs-change-nothing',
  title: 'a dry run of each script says what would be done, and changes nothing',
  // Two releases: one to go back to, one to go on to.
  needs: ['upgraded'],
  run: async (stand) => {
    const good = await bring(stand, 'good');
    const script = (name: string): Promise<Ended> => stand.inside([`${good.scripts}/${name}`, '--dry-run']);
    const runs: [string, () => Promise<Ended>, RegExp][] = [
      ['install.sh', () => install(stand, good, '--dry-run'), / {3}would {2}/],
      ['rollback.sh', () => script('rollback.sh'), / {3}would {2}/],
      ['verify.sh', () => script('verify.sh'), /^# would check /m],
      ['uninstall.sh', () => script('uninstall.sh'), / {3}would {2}remove /],
    ];
    const findings: Finding[] = [];
    for (const [name, run, says] of runs) findings.push(await observe(stand, name, run, says));
    return findings;
  },
};

async function observe(
  stand: Stand,
  subject: string,
  run: () => Promise<Ended>,
  says: RegExp,
): Promise<Finding> {
  const before = await stateOf(stand);
  await stand.must(['touch', MARK]);
  const ended = await run();
  expect(ended.code === 0, `${subject} --dry-run ended with ${ended.code}: ${lastLine(ended)}`);
  expect(says.test(ended.stdout), `${subject} --dry-run does not say what it would do: ${lastLine(ended)}`);
  const written = await stand.must([
    'find',
    ...PLACES,
    '-newer',
    MARK,
    '(',
    '-type',
    'f',
    '-o',
    '-type',
    'l',
    ')',
  ]);
  expect(written.trim() === '', `${subject} --dry-run wrote ${written.trim().split('\n').join(', ')}`);
  const after = await stateOf(stand);
  expect(
    after.invocation === before.invocation && after.release === before.release && after.active === 'active',
    `${subject} --dry-run left ${after.release} ${after.active}, started anew or not the release before`,
  );
  return { subject, outcome: 'pass', message: lastLine(ended) };
}

export default step;
