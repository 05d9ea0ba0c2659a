import { expect, it } from 'vitest';
import { configSchema } from '../config.ts';
import { fillAddresses, fillOwn } from './placeholders.ts';

const config = configSchema.parse({
  companions: [{ name: 'peer', command: ['node', 'peer.js'], ports: ['web'], readiness: { log: 'up' } }],
  service: {
    command: ['node', 'main.js', '--peer={peer.web}'],
    env: { PEER: 'http://{peer.web}/', PORT: '{port}', OTHER: '${peer.web} {a.b.c}' },
    readiness: { http: '/' },
  },
  routes: {
    required: ['GET /files/{file.name}'],
    calls: { 'POST /hooks/{peer.web}': { body: { urls: ['http://{peer.web}/hook'] } } },
  },
});

it('fills addresses into the command, the environment and the calls, and into nothing else', () => {
  const filled = fillAddresses(config, { peer: { web: '127.0.0.1:21000' } });
  expect(filled.service?.command[2]).toBe('--peer=127.0.0.1:21000');
  expect(filled.service?.env).toEqual({
    PEER: 'http://127.0.0.1:21000/',
    PORT: '{port}',
    OTHER: '${peer.web} {a.b.c}',
  });
  if (!filled.routes) throw new Error('the routes are gone');
  expect(filled.routes.required).toEqual(['GET /files/{file.name}']);
  expect(filled.routes.calls['POST /hooks/{peer.web}']?.body).toEqual({
    urls: ['http://127.0.0.1:21000/hook'],
  });
  // What is stored with the run is what the user wrote.
  expect(config.service?.command[2]).toBe('--peer={peer.web}');
});

it("fills a companion's own ports and the seed", () => {
  expect(fillOwn('--luno {port:luno} --seed={seed} {port:none} {scratch}', { luno: 21_001 }, 7)).toBe(
    '--luno 21001 --seed=7 {port:none} {scratch}',
  );
});
