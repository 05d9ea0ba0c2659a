/** The same release again: the same process goes on, and no file is written. */
import { bring, install, lastLine, stateOf } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';

const MARK = '/run/shakedown-before-second-install';

const step: Step = {
  id: 'idempotent',
  title: 'a second install changes nothing',
  needs: ['installed'],
  run: async (stand) => {
    const good = await bring(stand, 'good');
    const before = await stateOf(stand);
    await stand.must(['touch', MARK]);
    const ended = await install(stand, good);
    expect(ended.code === 0, `the second install.sh ended with ${ended.code}: ${lastLine(ended)}`);
    const after = await stateOf(stand);
    expect(
      after.invocation === before.invocation && after.pid === before.pid,
      'the second install restarted the service',
    );
    const places = ['/etc', '/opt', '/usr', '/var/lib/dpkg'];
    const written = await stand.must(['find', ...places, '-newer', MARK, '-type', 'f', '-size', '+0']);
    expect(written.trim() === '', `the second install wrote ${written.trim().split('\n').join(', ')}`);
    return pass(`${lastLine(ended)}; same process, no file written`);
  },
};

export default step;
