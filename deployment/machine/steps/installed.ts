/** From a machine that has nothing to a service that answers through nginx. */
import { bring, install, lastLine, PING, stateOf } from '../deploy.ts';
import { expect, pass, type Step } from '../step.ts';

const step: Step = {
  id: 'installed',
  title: 'install.sh brings a fresh machine to a service that answers',
  needs: [],
  run: async (stand) => {
    const before = await stand.inside(['bash', '-c', 'command -v nginx node; test -e /opt/paper-trading']);
    expect(
      before.code !== 0 && before.stdout === '',
      'the machine is not fresh: something of a deployment is there',
    );
    const good = await bring(stand, 'good');
    const ended = await install(stand, good);
    expect(ended.code === 0, `install.sh ended with ${ended.code}: ${lastLine(ended)}`);
    const state = await stateOf(stand);
    expect(
      state.release === good.id && state.active === 'active',
      `${state.release} is ${state.active}; ${good.id} was to be active`,
    );
    const answer = await fetch(`http://${stand.machine.address}${PING}`, {
      signal: AbortSignal.timeout(5_000),
    });
    const release = answer.headers.get('x-release');
    expect(
      answer.status === 200 && release === good.id,
      `from outside ${PING} says ${answer.status} from release ${release}; expected 200 from ${good.id}`,
    );
    const proxy = await stand.must(['nginx', '-T']);
    expect(
      /^\s*worker_connections 4096;$/m.test(proxy) && /^worker_rlimit_nofile 16384;$/m.test(proxy),
      'nginx has no room for the clients that wait through a restart',
    );
    stand.memory.release = good.id;
    return pass(`${lastLine(ended)} (${Math.round(ended.durationMs)} ms with the packages of the system)`);
  },
};

export default step;
