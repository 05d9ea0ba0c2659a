/** The secret of a fresh machine is one of its own, is read by the service and by nobody else, and stays the same. */
import { bring, install, lastLine } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';

const FILE = '/etc/paper-trading/environment';
/** What a person could not guess. */
const FEWEST_CHARACTERS = 40;

const step: Step = {
  id: 'secrets-private',
  title: 'the generated secret is read by the service alone, and survives another install',
  needs: ['installed'],
  run: async (stand) => {
    const secretOf = async (): Promise<string | undefined> =>
      /^JWT_SECRET=(.*)$/m.exec(await stand.must(['cat', FILE]))?.[1];
    const secret = await secretOf();
    expect(secret !== undefined && secret.length >= FEWEST_CHARACTERS, `${FILE} has no generated JWT_SECRET`);
    const mode = (await stand.must(['stat', '--format=%a %U:%G', FILE])).trim();
    expect(mode === '640 root:paper-trading', `${FILE} is ${mode}, expected 640 root:paper-trading`);
    const reader = await stand.inside(['runuser', '--user', 'nobody', '--', 'test', '-r', FILE]);
    expect(reader.code === 1, `anybody can read ${FILE}`);
    const ended = await install(stand, await bring(stand, 'good'));
    expect(ended.code === 0, `install.sh ended with ${ended.code}: ${lastLine(ended)}`);
    expect((await secretOf()) === secret, 'another install made another secret: every session is logged out');
    return pass(`${FILE} is ${mode}, its secret of ${secret.length} characters stayed`);
  },
};

export default step;
