import { delimiter } from 'node:path';
import { describe, expect, it } from 'vitest';
import { serviceEnvironment } from './service-environment.ts';

describe('serviceEnvironment', () => {
  const npmPath = [
    '/p/node_modules/.bin',
    '/node_modules/.bin',
    '/x/@npmcli/run-script/lib/node-gyp-bin',
    '/usr/bin',
  ].join(delimiter);

  it('takes out what npm put in, so that the service finds its own Node', () => {
    const environment = serviceEnvironment({
      PATH: npmPath,
      npm_lifecycle_event: 'gate',
      npm_config_x: '1',
      EDITOR: 'vi',
      HOME: '/h',
    });
    expect(environment).toEqual({ PATH: '/usr/bin', HOME: '/h' });
  });

  it('leaves an environment without npm as it is, but for what a test runner adds', () => {
    expect(serviceEnvironment({ PATH: '/usr/bin', EDITOR: 'vi', VITEST: 'true' })).toEqual({
      PATH: '/usr/bin',
      EDITOR: 'vi',
    });
  });
});
