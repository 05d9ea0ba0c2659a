/** uninstall.sh takes away what install.sh brought: nothing of it is on the machine, and nginx goes on. */
import { bring, lastLine } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';

const PLACES = ['/etc', '/opt', '/var/lib', '/var/cache', '/run', '/usr/local'];

const step: Step = {
  id: 'uninstalled',
  title: 'uninstall.sh leaves nothing of the service',
  needs: ['installed'],
  run: async (stand) => {
    // The scripts in the release go with it: an operator has them from the archive.
    const { scripts } = await bring(stand, 'good');
    const ended = await stand.inside([`${scripts}/uninstall.sh`, '--purge']);
    expect(ended.code === 0, `uninstall.sh ended with ${ended.code}: ${lastLine(ended)}`);
    const left = await stand.must([
      'find',
      ...PLACES,
      '-name',
      '*paper-trading*',
      '-not',
      '-path',
      '/run/user/*',
    ]);
    expect(left.trim() === '', `uninstall.sh left ${left.trim().split('\n').join(', ')}`);
    const units = await stand.must([
      'systemctl',
      'list-units',
      '--all',
      '--no-legend',
      '--plain',
      'paper-trading*',
    ]);
    expect(units.trim() === '', `systemd still knows ${units.trim()}`);
    const listeners = await stand.must([
      'ss',
      '--no-header',
      '--listening',
      '--tcp',
      '--numeric',
      'sport = :3000',
    ]);
    expect(listeners.trim() === '', `something still listens on the service's port: ${listeners.trim()}`);
    const account = await stand.inside(['getent', 'passwd', 'paper-trading']);
    expect(account.code !== 0, 'the account of the service is still there');
    const proxy = await stand.inside(['systemctl', 'is-active', 'nginx']);
    expect(proxy.stdout.trim() === 'active', `nginx is ${proxy.stdout.trim()} after it`);
    delete stand.memory.release;
    return pass(lastLine(ended));
  },
};

export default step;
