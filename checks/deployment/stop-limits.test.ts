/** How long the service has to stop, as each of the files that may say so says it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { findDeploymentFiles } from './files/find-files.ts';
import { stopLimits } from './stop-limits.ts';
import { parseTimeSpan } from './units/time-span.ts';

function limits(files: Record<string, string>): string[] {
  const projectRoot = mkdtempSync(path.join(tmpdir(), 'shakedown-stops-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(projectRoot, name)), { recursive: true });
      writeFileSync(path.join(projectRoot, name), text);
    }
    return stopLimits(findDeploymentFiles({ projectRoot }), ['shop']).map(
      ({ location, words, stopWithinMs }) => `${location.file}:${location.line} ${words} ${stopWithinMs}`,
    );
  } finally {
    rmSync(projectRoot, { recursive: true, force: true });
  }
}

const unit = (...lines: string[]): string =>
  ['[Unit]', 'Description=Shop', '[Service]', 'ExecStart=/usr/bin/node /opt/shop/main.js', ...lines, ''].join(
    '\n',
  );

describe('systemd units', () => {
  it('takes the limit, in every spelling of a time span', () => {
    expect(limits({ 'deploy/shop.service': unit('TimeoutStopSec=15') })).toEqual([
      'deploy/shop.service:5 TimeoutStopSec=15 15000',
    ]);
    expect(limits({ 'shop.service': unit('TimeoutStopSec = 1min 30s') })[0]).toContain(' 90000');
    expect(limits({ 'shop.service': unit('TimeoutStopSec=infinity') })[0]).toContain(' Infinity');
    expect(limits({ 'shop.service': unit('TimeoutStopSec=0') })[0]).toContain(' Infinity');
    expect(limits({ 'shop.service': unit('TimeoutStopSec=\\', '# note', '  20') })[0]).toContain(' 20000');
  });
  it('takes the later of the two keys that set it, resets included', () => {
    expect(limits({ 'shop.service': unit('TimeoutStopSec=15', 'TimeoutSec=40') })[0]).toContain(
      'TimeoutSec=40',
    );
    expect(limits({ 'shop.service': unit('TimeoutSec=40', 'TimeoutStopSec=15') })[0]).toContain(' 15000');
    expect(limits({ 'shop.service': unit('TimeoutStopSec=15', 'TimeoutStopSec=') })).toEqual([
      'shop.service:3 the default TimeoutStopSec (90 s) 90000',
    ]);
  });
  it('reads drop-ins, the last by name', () => {
    expect(
      limits({
        'shop.service': unit('TimeoutStopSec=15'),
        'shop.service.d/10-a.conf': '[Service]\nTimeoutStopSec=25\n',
        'shop.service.d/20-b.conf': '[Service]\nTimeoutStopSec=35\n',
      }),
    ).toEqual(['shop.service.d/20-b.conf:2 TimeoutStopSec=35 35000']);
  });
  it('leaves out what does not stay, what is no service of this repository, and what is no unit', () => {
    expect(limits({ 'job.service': unit('Type=oneshot') })).toEqual([]);
    expect(
      limits({ 'c.service': '[Service]\nExecStart=/usr/bin/docker compose up\nTimeoutStopSec=5\n' }),
    ).toEqual([]);
    expect(limits({ 'user.service': 'export class UserService {}\n' })).toEqual([]);
    expect(limits({ 'fixtures/shop.service': unit() })).toEqual([]);
  });
});

describe('orchestrators', () => {
  it('compose: what is built here and runs node', () => {
    const compose = (service: string): string =>
      `services:\n  db:\n    image: postgres:17\n    stop_grace_period: 1m\n  shop:\n    build: .\n${service}`;
    const docker = 'FROM node:24 AS build\nRUN npm ci\nFROM node:24\nCMD ["node", "main.js"]\n';
    expect(limits({ 'compose.yaml': compose('    stop_grace_period: 1m30s\n'), Dockerfile: docker })).toEqual(
      ['compose.yaml:7 stop_grace_period: 1m30s 90000'],
    );
    expect(limits({ 'docker-compose.yml': compose(''), Dockerfile: docker })).toEqual([
      'docker-compose.yml:5 the default stop_grace_period (10 s) 10000',
    ]);
    expect(limits({ 'docker-compose.dev.yml': compose(''), Dockerfile: docker })).toEqual([]);
    expect(limits({ 'compose.yaml': compose(''), Dockerfile: 'FROM nginx:1\nCOPY . .\n' })).toEqual([]);
  });
  it('kubernetes: the only workload, or the one with the image of the service; a hook that sleeps takes its part', () => {
    const workload = (image: string, more: string): string =>
      `apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n${more}      containers:\n        - image: ${image}\n`;
    expect(
      limits({
        'k8s/app.yaml': workload('reg.example/a/web:1', '      terminationGracePeriodSeconds: 45\n'),
      }),
    ).toEqual(['k8s/app.yaml:6 terminationGracePeriodSeconds: 45 45000']);
    const two = `${workload('postgres:17', '')}---\n${workload('reg.example/shop:2', '')}`;
    expect(limits({ 'k8s/all.yaml': two })).toEqual([
      'k8s/all.yaml:13 the default terminationGracePeriodSeconds (30) 30000',
    ]);
    const hook = '          lifecycle: { preStop: { exec: { command: [sh, -c, sleep 5] } } }\n';
    expect(limits({ 'k8s/all.yaml': workload('shop', '') + hook })[0]).toContain(' 25000');
  });
  it('pm2: said, left to the default, or not to be read', () => {
    const pm2 = (more: string): string =>
      `module.exports = { apps: [{ name: 'shop', script: 'main.js'${more} }] };\n`;
    expect(limits({ 'ecosystem.config.js': pm2(', kill_timeout: 5000') })).toEqual([
      'ecosystem.config.js:1 kill_timeout: 5000 5000',
    ]);
    expect(limits({ 'ecosystem.config.cjs': pm2('') })[0]).toContain(
      "PM2's default kill_timeout (1.6 s) 1600",
    );
    expect(limits({ 'ecosystem.config.cjs': pm2(', kill_timeout: process.env.KILL') })).toEqual([]);
  });
});

describe('time spans', () => {
  it.each([
    ['5', 5000],
    ['2.5h', 9_000_000],
    ['300ms20s 5min', 320_300],
    ['5 parsecs', undefined],
    ['', undefined],
  ])('%s', (text, expected) => expect(parseTimeSpan(text)).toBe(expected));
});
