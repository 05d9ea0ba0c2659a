/** The service is started with a setting that cannot be right, again and again as a supervisor would. */
import type { FaultScenario } from '../../faults/fault.ts';
import { REFUSAL_LINES, saysWhy } from '../../faults/refusals.ts';
import { observed } from '../../judges/judge.ts';

const WRONG = 'no-port';
const TIMES = ['first', 'second'];

const scenario: FaultScenario = {
  name: 'bad-configuration',
  group: 'restart',
  title: 'a setting that cannot be right ends the start at once, with a message that names it',
  why: 'a service that falls back to something else runs where nobody looks; one that crashes without a word is restarted for ever, and nobody knows why',
  fix: 'read and check every setting before anything is opened; name the variable and its value, exit with a code other than 0',
  modes: [47],
  important: true,
  allow: REFUSAL_LINES,
  doesNotApply: ({ service }) =>
    portVariables(service.env).length === 0 ? 'no variable of service.env is {port}' : undefined,
  cases: () => TIMES.map((time) => ({ name: `the ${time} try`, ends: 'refused' })),
  async run(trial) {
    const names = portVariables(trial.service.env);
    const wrong = trial.other('wrong', (service) => ({
      ...service,
      env: { ...service.env, ...Object.fromEntries(names.map((name) => [name, WRONG])) },
    }));
    const life = await wrong.start();
    trial.struck(`${names.join(', ')} was "${WRONG}"`);
    trial.heard('variables', names.join(' '));
    await wrong.refuse(life);
  },
  judge: (history) => {
    const names =
      observed(history, 'heard')
        .find(({ what }) => what === 'variables')
        ?.words.split(' ') ?? [];
    return saysWhy(history, new RegExp([...names, WRONG].join('|')), 'the variable, or its value');
  },
};
export default scenario;

/** Variables that hold nothing but the port. */
function portVariables(env: Readonly<Record<string, string>>): string[] {
  return Object.keys(env).filter((name) => env[name] === '{port}');
}
