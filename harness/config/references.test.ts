import { describe, expect, it } from 'vitest';
import type { UserConfig } from '../config.ts';
import { UsageError } from '../errors.ts';
import { validateConfig } from '../load-config.ts';

type Companion = NonNullable<UserConfig['companions']>[number];
type Moods = NonNullable<NonNullable<UserConfig['soak']>['moods']>;

const exchanges: Companion = {
  name: 'exchanges',
  command: ['node', 'exchanges.js', '{port:luno}', '{port:control}', '{seed}'],
  ports: ['control', 'luno'],
  readiness: { http: '/ready', port: 'control' },
};
const moods: Moods = {
  companion: 'exchanges',
  subjects: ['luno'],
  moods: ['healthy', 'silent'],
  set: { port: 'control', path: '/{subject}/mood', body: { mood: '{mood}' } },
  reset: { port: 'control', path: '/moods', body: { mood: 'healthy' } },
  struck: { port: 'control', path: '/{subject}', pointer: '/struck' },
  truth: { path: '/status', pointer: '/luno', says: { healthy: ['up'], silent: ['down'] } },
};
const service = { command: ['node', 'main.js'], readiness: { http: '/health' } };
const withMoods = (changes: Partial<Moods>): UserConfig => ({
  companions: [exchanges],
  service,
  soak: { moods: { ...moods, ...changes } },
});
const truth = (changes: Partial<Moods['truth']>): UserConfig =>
  withMoods({ truth: { ...moods.truth, ...changes } });
const withCompanion = (changes: Partial<Companion>): UserConfig => ({
  companions: [{ ...exchanges, ...changes }],
});

describe('names in the configuration', () => {
  it('are taken when something defines them', () => {
    const env = { LUNO_URL: 'http://{exchanges.luno}', TEMPLATE: '${some.thing}', SHELL_WORD: '{a.b.c}' };
    const routes = {
      required: ['GET /files/{file.name}'],
      calls: { 'GET /a': { query: { from: '{exchanges.luno}' } } },
    };
    const config: UserConfig = {
      ...withMoods({ mayRefuse: ['silent'] }),
      service: { ...service, env },
      routes,
    };
    expect(() => validateConfig(config, 'x.ts')).not.toThrow();
  });

  const cases: [what: string, config: UserConfig, message: string | RegExp][] = [
    [
      'a companion that there is not, in the environment',
      { companions: [exchanges], service: { ...service, env: { LUNO_URL: 'http://{exchange.luno}' } } },
      '"service.env.LUNO_URL": {exchange.luno}: there is no companion "exchange"; companions: exchanges',
    ],
    [
      'a companion where there is none at all, in the command',
      { service: { ...service, command: ['node', 'main.js', '{exchanges.luno}'] } },
      '"service.command.2": {exchanges.luno}: there is no companion "exchanges"; companions: none',
    ],
    [
      'a port that the companion has not',
      { companions: [exchanges], service: { ...service, env: { URL: '{exchanges.kucoin}' } } },
      '"service.env.URL": the companion "exchanges" has no port "kucoin"; its ports: control, luno',
    ],
    [
      'a companion in the calls of the routes',
      { service, routes: { calls: { 'GET /a': { body: { callback: 'http://{peer.web}/' } } } } },
      '"routes.calls.GET /a.body.callback": {peer.web}: there is no companion "peer"',
    ],
    ['the same name twice', { companions: [exchanges, exchanges] }, '"companions.1.name": another companion'],
    [
      'the same port twice',
      withCompanion({ ports: ['control', 'luno', 'luno'] }),
      '"companions.0.ports": a port is named',
    ],
    [
      "a port in the companion's own command",
      withCompanion({ env: { URL: '127.0.0.1:{port:binance}' } }),
      '"companions.0.env.URL": the companion "exchanges" has no port "binance"',
    ],
    ['{port} of a companion', withCompanion({ command: ['node', 'x.js', '{port}'] }), 'expected {port:NAME}'],
    [
      'the port of its readiness',
      withCompanion({ readiness: { http: '/ready', port: 'web' } }),
      '"companions.0.readiness.port": the companion "exchanges" has no port "web"',
    ],
    [
      'the port of its complaints',
      withCompanion({ complaints: { http: '/unserved', port: 'web' } }),
      '"companions.0.complaints.port"',
    ],
    [
      'a misspelled key of a companion',
      withCompanion({ comand: [] } as Partial<Companion>),
      '"companions.0.comand"; did you mean "command"?',
    ],
    [
      'moods without their companion',
      { service, soak: { moods } },
      '"soak.moods.companion": there is no companion "exchanges"; companions: none',
    ],
    [
      'a control port that there is not',
      withMoods({ struck: { ...moods.struck, port: 'web' } }),
      '"soak.moods.struck.port"',
    ],
    [
      'a mood without its truth',
      truth({ says: { healthy: ['up'] } }),
      /"soak\.moods\.truth\.says": .*"silent"/,
    ],
    [
      'the truth of a mood that there is not',
      truth({ says: { healthy: ['up'], silent: ['down'], angry: ['down'] } }),
      '"soak.moods.truth.says.angry": "angry" is not among soak.moods.moods',
    ],
    [
      'a refusal in a mood that there is not',
      withMoods({ mayRefuse: ['angry'] }),
      '"soak.moods.mayRefuse.0"',
    ],
    [
      'a mood twice',
      withMoods({ moods: ['healthy', 'silent', 'silent'] }),
      '"soak.moods.moods": a name stands twice',
    ],
    ['"where" without "field"', truth({ where: { id: 'luno' } }), '"soak.moods.truth.field": "where" picks'],
    [
      'moods of a service that nobody can ask',
      { ...withMoods({}), service: { ...service, port: 'none', readiness: { log: 'up' } } },
      `"soak.moods.truth.path": service.port is 'none'`,
    ],
    [
      'the scenario without its moods',
      { soak: { scenarios: ['companion-moods'] } },
      '"soak.scenarios": companion-moods needs',
    ],
    ['no scenario at all', { soak: { scenarios: [] } }, '"soak.scenarios"'],
  ];
  it.each(cases)('are refused with their key: %s', (_what, config, message) => {
    expect(() => validateConfig(config, 'x.ts')).toThrow(UsageError);
    expect(() => validateConfig(config, 'x.ts')).toThrow(message);
  });
});
