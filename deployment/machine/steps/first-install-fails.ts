/** A bad release on a machine without another to go back to: it says so, and leaves nothing that crashes for ever. */
import { bring, install, lastLine, UNIT } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';

const FIRST_FAILED = 12;

const step: Step = {
  id: 'first-install-fails',
  title: 'a first install that fails says so and leaves nothing running',
  needs: ['uninstalled'],
  run: async (stand) => {
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
    return pass(lastLine(ended));
  },
};

export default step;
